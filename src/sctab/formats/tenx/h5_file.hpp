#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/cell_source.hpp"

namespace sctab::tenx {

using core::CellIndex;
using core::GeneIndex;

/// Whether a tree of arrays is a 10x .h5: a group `matrix`, or one for each genome as Cell Ranger 1 and 2 write.
bool is_h5_file(const arrays::ArrayGroup& root);

/// Counts as Cell Ranger 1 to 10, Space Ranger, Xenium Ranger and CellBender write them in .h5 files: sparse, features
/// × barcodes by barcode, so that a barcode is a row here. Only human genes are read where features are of more kinds
/// and species, and probes of one gene are summed; notes() says so. obs has no columns.
class H5File final : public formats::CellSource {
 public:
  /// root: the opened file. Throws InputError where arrays are missing or contradict each other, or none of the
  /// features is a gene.
  H5File(std::filesystem::path path, core::FileIdentity identity, std::unique_ptr<arrays::ArrayGroup> root);

  [[nodiscard]] const std::filesystem::path& path() const override { return path_; }
  [[nodiscard]] core::FileIdentity identity() const override { return identity_; }
  [[nodiscard]] std::vector<std::string> notes() const override { return notes_; }
  [[nodiscard]] CellIndex n_cells() const override { return n_cells_; }

  [[nodiscard]] bool has_obs(std::string_view column) const override;
  [[nodiscard]] std::vector<std::string> obs_columns() const override;
  [[nodiscard]] formats::Column obs(std::string_view column) const override;
  [[nodiscard]] formats::Strings obs_names() const override;

  /// The one matrix: "matrix", or the name of its genome.
  [[nodiscard]] formats::CountsSource find_counts(formats::InputKind kind, std::string_view named) const override;
  [[nodiscard]] formats::Strings gene_names(std::string_view matrix_path) const override;
  [[nodiscard]] formats::Strings gene_symbols(std::string_view matrix_path) const override;
  [[nodiscard]] std::unique_ptr<formats::RowReader> read_rows(std::string_view matrix_path,
                                                              const formats::ReadOptions& options) const override;
  [[nodiscard]] std::unique_ptr<formats::CellSink> copy_to(const std::filesystem::path& target) const override;

 private:
  void read_shape(std::size_t n_features);
  void require_length(const char* array, std::int64_t expected, std::string_view of_what) const;
  void require_matrix(std::string_view named) const;
  [[nodiscard]] std::string array_path(std::string_view name) const;
  [[nodiscard]] bool is_mostly_empty() const;

  std::filesystem::path path_;
  core::FileIdentity identity_;
  std::unique_ptr<arrays::ArrayGroup> root_;
  std::string matrix_path_;
  CellIndex n_cells_ = 0;
  std::int64_t nnz_ = 0;
  GeneIndex n_genes_ = 0;
  std::vector<GeneIndex> gene_of_feature_;  // empty: every feature is a gene of its own
  formats::Strings gene_names_, gene_symbols_;
  std::vector<std::string> notes_;
};

}  // namespace sctab::tenx
