#include "sctab/annotate/gene_match.hpp"

#include <fmt/format.h>

#include "sctab/core/error.hpp"

namespace sctab::annotate {
namespace {

const char* next_step(genes::GeneIdKind kind) {
  switch (kind) {
    case genes::GeneIdKind::kEnsemblHuman:
      return "choose a model trained on this gene set, or use the file as it was before genes were filtered";
    case genes::GeneIdKind::kEnsemblOther:
      return "map the ids to their human orthologues first: the model knows human genes";
    case genes::GeneIdKind::kSymbol:
      return "make sure that they are human symbols, or add Ensembl ids as a column of var (gene_ids, say), which "
             "match best";
    case genes::GeneIdKind::kNumber:
      return "put Ensembl ids or symbols in the index of var";
  }
  return "";
}

}  // namespace

GeneMatch match_genes(const h5ad::File& file, std::string_view matrix_path, const genes::GeneList& model_genes,
                      double min_found) {
  genes::SymbolTable symbols;
  symbols.add(model_genes);
  h5ad::Strings names = h5ad::gene_names(file, matrix_path);
  genes::GeneAlignment alignment(names, model_genes, symbols);
  if (static_cast<double>(alignment.n_found()) < min_found * static_cast<double>(model_genes.size())) {
    const genes::GeneIdKind kind = genes::detect_id_kind(names);
    throw core::InputError(
        {.file = file.path().string(),
         .found = fmt::format("{} of the model's {} genes found; the file names its {} genes by {} (\"{}\")",
                              alignment.n_found(), model_genes.size(), names.size(), genes::describe(kind),
                              names.empty() ? "" : names.front()),
         .expected = fmt::format("at least {:.0f}% of them", 100 * min_found),
         .next_step = next_step(kind)});
  }
  return {std::move(names), std::move(alignment)};
}

}  // namespace sctab::annotate
