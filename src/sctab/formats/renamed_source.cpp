#include "sctab/formats/renamed_source.hpp"

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace sctab::formats {
namespace {

namespace fs = std::filesystem;

void replace_in(std::string& text, const std::string& hidden, const std::string& shown) {
  for (std::size_t at = text.find(hidden); at != std::string::npos; at = text.find(hidden, at + shown.size())) {
    const std::size_t end = at + hidden.size();
    const bool is_other = end < text.size() && text[end] >= '0' && text[end] <= '9';  // "/proc/self/fd/7" in "…/71"
    if (!is_other) text.replace(at, hidden.size(), shown);
  }
}

class RenamedRows final : public RowReader {
 public:
  RenamedRows(std::unique_ptr<RowReader> rows, std::shared_ptr<const SourceName> name)
      : rows_(std::move(rows)), name_(std::move(name)) {}

  Work claim(CellIndex max_cells) override {
    Work work = name_->around([&] { return rows_->claim(max_cells); });
    if (!work) return {};
    return [work = std::move(work), name = name_](sparse::CsrMatrix& block) { name->around([&] { work(block); }); };
  }

 private:
  std::unique_ptr<RowReader> rows_;
  std::shared_ptr<const SourceName> name_;
};

class RenamedSink final : public CellSink {
 public:
  RenamedSink(std::unique_ptr<CellSink> sink, std::shared_ptr<const SourceName> name)
      : sink_(std::move(sink)), name_(std::move(name)) {}

  void append_obsm(std::string_view name, std::int64_t width, std::span<const float> rows) override {
    name_->around([&] { sink_->append_obsm(name, width, rows); });
  }
  void put_obs(const Column& column) override {
    name_->around([&] { sink_->put_obs(column); });
  }
  void put_uns(std::string_view name, const nlohmann::json& value) override {
    name_->around([&] { sink_->put_uns(name, value); });
  }
  void close() override {
    name_->around([&] { sink_->close(); });
  }

 private:
  std::unique_ptr<CellSink> sink_;
  std::shared_ptr<const SourceName> name_;
};

class RenamedSource final : public CellSource {
 public:
  RenamedSource(std::unique_ptr<CellSource> source, SourceName name)
      : source_(std::move(source)), name_(std::make_shared<SourceName>(std::move(name))) {}

  [[nodiscard]] const fs::path& path() const override { return name_->shown; }
  [[nodiscard]] core::FileIdentity identity() const override { return name_->identity.value_or(source_->identity()); }
  void require_unchanged() const override {
    if (name_->identity) core::require_unchanged(name_->shown, *name_->identity);
  }
  [[nodiscard]] std::vector<std::string> notes() const override { return source_->notes(); }
  [[nodiscard]] CellIndex n_cells() const override { return source_->n_cells(); }
  [[nodiscard]] bool has_obs(std::string_view column) const override {
    return name_->around([&] { return source_->has_obs(column); });
  }
  [[nodiscard]] std::vector<std::string> obs_columns() const override {
    return name_->around([&] { return source_->obs_columns(); });
  }
  [[nodiscard]] Column obs(std::string_view column) const override {
    return name_->around([&] { return source_->obs(column); });
  }
  [[nodiscard]] Strings obs_names() const override {
    return name_->around([&] { return source_->obs_names(); });
  }
  [[nodiscard]] CountsSource find_counts(InputKind kind, std::string_view named) const override {
    return name_->around([&] { return source_->find_counts(kind, named); });
  }
  [[nodiscard]] Strings gene_names(std::string_view matrix_path) const override {
    return name_->around([&] { return source_->gene_names(matrix_path); });
  }
  [[nodiscard]] Strings gene_symbols(std::string_view matrix_path) const override {
    return name_->around([&] { return source_->gene_symbols(matrix_path); });
  }
  [[nodiscard]] std::unique_ptr<RowReader> read_rows(std::string_view matrix_path,
                                                     const ReadOptions& options) const override {
    return name_->around([&]() -> std::unique_ptr<RowReader> {
      return std::make_unique<RenamedRows>(source_->read_rows(matrix_path, options), name_);
    });
  }
  [[nodiscard]] std::unique_ptr<CellSink> copy_to(const fs::path& target) const override {
    return name_->around(
        [&]() -> std::unique_ptr<CellSink> { return std::make_unique<RenamedSink>(source_->copy_to(target), name_); });
  }

  [[nodiscard]] std::string_view copy_ending() const override { return source_->copy_ending(); }

 private:
  std::unique_ptr<CellSource> source_;
  std::shared_ptr<const SourceName> name_;
};

}  // namespace

core::InputError SourceName::renamed(const core::InputError& error) const {
  core::Problem problem = error.problem();
  for (std::string* text : {&problem.file, &problem.subject, &problem.found, &problem.expected, &problem.next_step}) {
    replace_in(*text, hidden.string(), shown.string());
  }
  return core::InputError(std::move(problem));
}

std::unique_ptr<CellSource> renamed_source(std::unique_ptr<CellSource> source, SourceName name) {
  return std::make_unique<RenamedSource>(std::move(source), std::move(name));
}

}  // namespace sctab::formats
