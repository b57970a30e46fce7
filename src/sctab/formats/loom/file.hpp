#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/loom/attributes.hpp"

namespace sctab::loom {

using core::CellIndex;
using core::GeneIndex;

/// Whether a tree of arrays is a loom file: a dense `matrix`, and attributes of its rows and columns.
bool is_loom(const arrays::ArrayGroup& root);

/// A .loom file, version 1 to 3: dense matrices of genes × cells. Column attributes of one dimension are obs; names of
/// cells are CellID or another of the usual names, else their numbers. Genes are matched by Ensembl ids (Accession)
/// where there are any, else by Gene.
class File final : public formats::CellSource {
 public:
  /// root: the opened file. Throws InputError where matrices differ in shape, or genes have no names.
  File(std::filesystem::path path, core::FileIdentity identity, std::unique_ptr<arrays::ArrayGroup> root);

  [[nodiscard]] const std::filesystem::path& path() const override { return path_; }
  [[nodiscard]] core::FileIdentity identity() const override { return identity_; }
  [[nodiscard]] CellIndex n_cells() const override { return n_cells_; }

  [[nodiscard]] bool has_obs(std::string_view column) const override;
  [[nodiscard]] std::vector<std::string> obs_columns() const override;
  [[nodiscard]] formats::Column obs(std::string_view column) const override;
  [[nodiscard]] formats::Strings obs_names() const override;

  /// The matrix named ("matrix", "layers/NAME" or NAME), or the first of matrix, layers/counts and its like, and
  /// layers/spliced that holds counts.
  [[nodiscard]] formats::CountsSource find_counts(formats::InputKind kind, std::string_view named) const override;
  [[nodiscard]] formats::Strings gene_names(std::string_view matrix_path) const override;
  [[nodiscard]] formats::Strings gene_symbols(std::string_view matrix_path) const override;
  [[nodiscard]] std::unique_ptr<formats::RowReader> read_rows(std::string_view matrix_path,
                                                              const formats::ReadOptions& options) const override;
  [[nodiscard]] std::unique_ptr<formats::CellSink> copy_to(const std::filesystem::path& target) const override;

 private:
  [[nodiscard]] std::string full_path(std::string_view named) const;
  /// Throws naming the matrices that there are, and where the shape is not that of `matrix`.
  [[nodiscard]] std::unique_ptr<arrays::NumberMatrix> open_matrix(std::string_view path) const;
  [[nodiscard]] formats::Strings gene_index() const;

  std::filesystem::path path_;
  core::FileIdentity identity_;
  std::unique_ptr<arrays::ArrayGroup> root_;
  CellIndex n_cells_ = 0;
  GeneIndex n_genes_ = 0;
  std::optional<Attributes> genes_, cells_;
  std::vector<std::string> matrices_;  // "matrix" first
};

}  // namespace sctab::loom
