#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "sctab/corpus/cell_table.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::corpus {

using core::GeneIndex;

/// The genes of a corpus, and where each source's columns go in them: a gene list given, or the union of the sources'
/// human Ensembl ids in the order of their first appearance. Sources are added first, then finish() decides. Each
/// distinct name is kept once, so hundreds of sources cost little more than one.
class GeneSpace {
 public:
  /// Files for genes::read_gene_list; empty: none. Names that are no Ensembl ids are looked up as symbols in the gene
  /// list, then in the table, then in what the sources say of their own genes; the first that knows one id decides.
  GeneSpace(const std::filesystem::path& gene_list, const std::filesystem::path& symbol_table);

  /// names: one a column of the source's matrix. symbols: one for each name, or empty.
  void add(std::span<const std::string> names, std::span<const std::string> symbols);
  /// Throws InputError where neither a list nor the sources have a human Ensembl id.
  void finish();

  [[nodiscard]] const genes::GeneList& genes() const { return genes_; }
  /// The n-th source that was added, counted from 0.
  [[nodiscard]] const genes::GeneAlignment& alignment(std::size_t source) const { return alignments_.at(source); }
  /// What the source's names look like: "gene symbols".
  [[nodiscard]] genes::GeneIdKind id_kind(std::size_t source) const { return id_kinds_.at(source); }
  /// Throws InputError, naming the source and its kind of ids, where under 10% of the genes are found in it.
  void require_enough_found(std::size_t source, const std::filesystem::path& path) const;

 private:
  void unite_sources();
  [[nodiscard]] genes::SymbolTable resolve_symbols() const;

  std::filesystem::path list_path_;
  genes::GeneList genes_;
  genes::SymbolTable list_symbols_, table_symbols_;
  Dictionary names_;                                   // all sources' names
  std::vector<std::string> symbols_;                   // one a name, empty: none
  std::vector<std::vector<std::int32_t>> name_codes_;  // one vector a source, one code a column
  std::vector<genes::GeneIdKind> id_kinds_;
  std::vector<genes::GeneAlignment> alignments_;
};

}  // namespace sctab::corpus
