#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sctab/sparse/csr.hpp"

namespace sctab::genes {

using core::GeneIndex;

/// What the names of a source's genes look like.
enum class GeneIdKind { kEnsemblHuman, kEnsemblOther, kSymbol, kNumber };
/// "Ensembl human ids", "Ensembl ids of another species", "gene symbols", "numbers".
std::string_view describe(GeneIdKind kind);
/// The kind of most of the names.
GeneIdKind detect_id_kind(std::span<const std::string> names);

/// ENSG00000141510.17 -> ENSG00000141510; other names unchanged.
std::string_view without_version(std::string_view gene_id);

/// An ordered gene space: Ensembl ids without version, all distinct, and a symbol for each (empty where unknown).
struct GeneList {
  std::vector<std::string> ids;
  std::vector<std::string> symbols;

  [[nodiscard]] GeneIndex size() const { return core::narrow<GeneIndex>(ids.size()); }
  /// SHA-256 over the ids in order, one a line.
  [[nodiscard]] std::string hash() const;
};

/// Reads a user's csv or tsv (also .gz) of ids and, if it has them, symbols: by a header's feature_id and feature_name,
/// else ids from the first column that holds Ensembl ids, symbols from the next. Lines that begin with '#' are skipped.
/// Throws InputError naming file and line for a repeated id, a line without an id, bad quotes, and an empty list.
GeneList read_gene_list(const std::filesystem::path& path);

/// genes.tsv of a model or a store: gene_id, gene_symbol (may be empty), in order. Throws InputError if a name contains
/// a tab or a line break.
void write_genes_tsv(const std::filesystem::path& path, const GeneList& genes);
/// Throws InputError naming file and line if the header is another, a row does not have two fields, or an id is empty
/// or repeated.
GeneList read_genes_tsv(const std::filesystem::path& path);

/// Symbol -> Ensembl id. A symbol that stands for several ids is left out: it must not be guessed.
class SymbolTable {
 public:
  void add(std::string_view symbol, std::string_view gene_id);
  void add(const GeneList& genes);
  /// The id, or empty.
  [[nodiscard]] std::string_view find(std::string_view symbol) const;

 private:
  std::unordered_map<std::string, std::string> ids_;
};

/// Where a source's columns go in a target gene space.
class GeneAlignment {
 public:
  /// source_names: the source's var index, Ensembl ids with or without version or symbols, in any order and mixed.
  /// symbols resolves what is no Ensembl id.
  GeneAlignment(std::span<const std::string> source_names, const GeneList& target, const SymbolTable& symbols);
  /// target_of_source: the target gene of each source column, -1 = not in the target.
  GeneAlignment(std::vector<GeneIndex> target_of_source, GeneIndex n_target);

  [[nodiscard]] std::span<const GeneIndex> target_of_source() const { return target_of_source_; }
  [[nodiscard]] GeneIndex n_source() const { return core::narrow<GeneIndex>(target_of_source_.size()); }
  [[nodiscard]] GeneIndex n_target() const { return n_target_; }
  /// Genes of the target that the source has.
  [[nodiscard]] GeneIndex n_found() const { return n_found_; }
  /// Source columns that share their target with an earlier column; they are summed.
  [[nodiscard]] GeneIndex n_repeated() const { return n_repeated_; }

  /// counts: (n_cells × n_source). Returns (n_cells × n_target), sorted, repeats summed.
  [[nodiscard]] sparse::CsrMatrix apply(sparse::CsrView counts) const;
  /// The same into `out`, whose memory is used again. Any number of threads at once.
  void apply(sparse::CsrView counts, sparse::CsrMatrix& out) const;

 private:
  void count();
  std::vector<GeneIndex> target_of_source_;
  GeneIndex n_target_ = 0, n_found_ = 0, n_repeated_ = 0;
  bool ascending_ = true;  // the genes found are in the target's order: rows stay sorted
};

}  // namespace sctab::genes
