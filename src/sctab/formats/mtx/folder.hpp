#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/cell_source.hpp"

namespace sctab::mtx {

/// Cells in the three files that Cell Ranger and many others write: a Matrix Market file of counts, the names of its
/// cells and its genes; in a folder or a tar archive. All errors are InputError and name the file.
class Folder final : public formats::CellSource {
 public:
  /// path: as for find_parts(). Reads the names, and the matrix's first megabytes. Throws where the sizes do not match,
  /// and where nothing that is counted is a gene.
  explicit Folder(std::filesystem::path path, const formats::OpenOptions& options = {});
  ~Folder() override;
  Folder(Folder&&) noexcept;
  Folder& operator=(Folder&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const override;
  /// Of the three files together: it changes where one of them does.
  [[nodiscard]] core::FileIdentity identity() const override;
  void require_unchanged() const override;
  [[nodiscard]] std::vector<std::string> notes() const override;
  [[nodiscard]] core::CellIndex n_cells() const override;

  /// What barcodes.tsv has besides the names of the cells: "barcodes_2", "barcodes_3", …, by its columns.
  [[nodiscard]] bool has_obs(std::string_view column) const override;
  [[nodiscard]] std::vector<std::string> obs_columns() const override;
  [[nodiscard]] formats::Column obs(std::string_view column) const override;
  [[nodiscard]] formats::Strings obs_names() const override;

  /// The one matrix, by the name of its file.
  [[nodiscard]] formats::CountsSource find_counts(formats::InputKind kind, std::string_view named) const override;
  [[nodiscard]] formats::Strings gene_names(std::string_view matrix_path) const override;
  [[nodiscard]] formats::Strings gene_symbols(std::string_view matrix_path) const override;
  [[nodiscard]] std::unique_ptr<formats::RowReader> read_rows(std::string_view matrix_path,
                                                              const formats::ReadOptions& options) const override;
  /// A new h5ad with these cells.
  [[nodiscard]] std::unique_ptr<formats::CellSink> copy_to(const std::filesystem::path& target) const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sctab::mtx
