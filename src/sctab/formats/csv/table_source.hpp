#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/csv/table_rows.hpp"

namespace sctab::csv {

/// A dense table of counts as text (csv, tsv and the like, plain or gzipped): a line of titles, then a line a cell or a
/// line a gene. Opening it reads it once for its names, and read_rows() once more for its values. docs/files.md has the
/// rules by which it is read. All errors are InputError and name file, line and column.
class TableSource final : public formats::CellSource {
 public:
  explicit TableSource(std::filesystem::path path, const formats::OpenOptions& options = {});

  [[nodiscard]] const std::filesystem::path& path() const override { return table_->path; }
  [[nodiscard]] core::FileIdentity identity() const override { return table_->identity; }
  [[nodiscard]] std::vector<std::string> notes() const override { return notes_; }
  [[nodiscard]] core::CellIndex n_cells() const override { return std::ssize(cells_); }

  [[nodiscard]] bool has_obs(std::string_view column) const override;
  [[nodiscard]] std::vector<std::string> obs_columns() const override;
  [[nodiscard]] formats::Column obs(std::string_view column) const override;
  [[nodiscard]] formats::Strings obs_names() const override { return cells_; }

  [[nodiscard]] formats::CountsSource find_counts(formats::InputKind kind, std::string_view named) const override;
  [[nodiscard]] formats::Strings gene_names(std::string_view matrix_path) const override;
  [[nodiscard]] formats::Strings gene_symbols(std::string_view matrix_path) const override;
  [[nodiscard]] std::unique_ptr<formats::RowReader> read_rows(std::string_view matrix_path,
                                                              const formats::ReadOptions& options) const override;

  [[nodiscard]] std::unique_ptr<formats::CellSink> copy_to(const std::filesystem::path& target) const override;

  [[nodiscard]] bool is_genes_by_cells() const { return genes_by_cells_; }

 private:
  void take_cells_from_lines(Table& table);
  void take_genes_from_lines(Table& table);
  void note_orientation(const std::string& reason);
  void require_matrix(std::string_view matrix_path) const;

  std::shared_ptr<const Table> table_;
  bool genes_by_cells_ = false;
  formats::Strings cells_, genes_, symbols_;  // symbols: empty where there are none besides
  std::vector<formats::Column> obs_;
  std::vector<std::string> notes_;
};

/// Whether a file, plain or gzipped, is a table: by its first lines, or by its name (.csv, .tsv, .txt, each .gz too).
bool is_table(const std::filesystem::path& path);

}  // namespace sctab::csv
