#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/core/error.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::fuzz {

/// The first byte gives the form: a user's list, plain or gzip, or genes.tsv of a model.
void fuzz_gene_list(Bytes bytes) {
  if (bytes.empty()) return;
  const MemoryFile file(bytes.subspan(1));
  const genes::GeneList list =
      (bytes[0] & 1U) != 0 ? genes::read_gene_list(file.path()) : genes::read_genes_tsv(file.path());
  SCTAB_ASSERT(list.ids.size() == list.symbols.size());
  genes::SymbolTable symbols;
  symbols.add(list);
  (void)genes::GeneAlignment(list.symbols, list, symbols);
  (void)list.hash();
}

}  // namespace sctab::fuzz
