#include "sctab/formats/with_obs.hpp"

#include <algorithm>
#include <utility>

#include "sctab/core/error.hpp"

namespace sctab::formats {
namespace {

class WithObs final : public CellSource {
 public:
  WithObs(std::unique_ptr<CellSource> source, std::vector<Column> columns)
      : source_(std::move(source)), columns_(std::move(columns)) {
    for (const Column& column : columns_) SCTAB_ASSERT(std::cmp_equal(n_rows(column.values), source_->n_cells()));
  }

  [[nodiscard]] const std::filesystem::path& path() const override { return source_->path(); }
  [[nodiscard]] core::FileIdentity identity() const override { return source_->identity(); }
  void require_unchanged() const override { source_->require_unchanged(); }
  [[nodiscard]] std::vector<std::string> notes() const override { return source_->notes(); }
  [[nodiscard]] CellIndex n_cells() const override { return source_->n_cells(); }

  [[nodiscard]] bool has_obs(std::string_view column) const override {
    return find(column) != columns_.end() || source_->has_obs(column);
  }
  [[nodiscard]] std::vector<std::string> obs_columns() const override {
    std::vector<std::string> names = source_->obs_columns();
    for (const Column& column : columns_) {
      if (std::ranges::find(names, column.name) == names.end()) names.push_back(column.name);
    }
    return names;
  }
  [[nodiscard]] Column obs(std::string_view column) const override {
    const auto found = find(column);
    return found != columns_.end() ? *found : source_->obs(column);
  }
  [[nodiscard]] Strings obs_names() const override { return source_->obs_names(); }

  [[nodiscard]] CountsSource find_counts(InputKind kind, std::string_view named) const override {
    return source_->find_counts(kind, named);
  }
  [[nodiscard]] Strings gene_names(std::string_view matrix_path) const override {
    return source_->gene_names(matrix_path);
  }
  [[nodiscard]] Strings gene_symbols(std::string_view matrix_path) const override {
    return source_->gene_symbols(matrix_path);
  }
  [[nodiscard]] std::unique_ptr<RowReader> read_rows(std::string_view matrix_path,
                                                     const ReadOptions& options) const override {
    return source_->read_rows(matrix_path, options);
  }
  [[nodiscard]] std::unique_ptr<CellSink> copy_to(const std::filesystem::path& target) const override {
    return source_->copy_to(target);
  }

 private:
  [[nodiscard]] std::vector<Column>::const_iterator find(std::string_view name) const {
    return std::ranges::find(columns_, name, &Column::name);
  }

  std::unique_ptr<CellSource> source_;
  std::vector<Column> columns_;
};

}  // namespace

std::unique_ptr<CellSource> with_obs(std::unique_ptr<CellSource> source, std::vector<Column> columns) {
  return std::make_unique<WithObs>(std::move(source), std::move(columns));
}

}  // namespace sctab::formats
