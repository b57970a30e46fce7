#include "sctab/formats/csv/obs_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/formats/csv/category_builder.hpp"
#include "sctab/formats/csv/fields.hpp"
#include "sctab/formats/csv/table_names.hpp"
#include "sctab/formats/streams/line_reader.hpp"

namespace sctab::csv {
namespace {

constexpr std::string_view kLabels = "a table of labels, a cell a line, its name first";
constexpr std::int64_t kRowsBetweenChecks = 1 << 14;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

/// Reads the rows one by one.
class LabelReader {
 public:
  explicit LabelReader(const std::filesystem::path& path)
      : stream_(streams::open_stream(path, {.expected = std::string(kLabels)})),
        lines_(*stream_, {.expected = std::string(kLabels)}) {
    std::string titles;
    std::string_view line;
    while (titles.empty() && lines_.next(line)) {
      if (!is_blank(line)) titles = line;
    }
    if (!next_line(line)) {
      throw core::InputError({.file = path.string(), .found = "has no rows", .expected = std::string(kLabels)});
    }
    const FoundSeparator found = find_separator(titles, line);
    for (const std::string_view each : {std::string_view(titles), line}) {
      std::string_view problem;
      (void)fields_of(each, found.separator, &problem);
      if (!problem.empty()) throw error({.found = std::string(problem)});
    }
    if (!found.fits) {
      throw error({.found = core::plural(found.n_fields, "field"),
                   .expected = "as many fields as titles, or one more, between commas, tabs or semicolons"});
    }
    separator_ = found.separator;
    n_columns_ = found.n_fields;
    titles_ = fields_of(titles, separator_);
    if (std::ssize(titles_) == n_columns_) titles_.erase(titles_.begin());
    first_ = line;
  }

  /// Titles without that of the names.
  [[nodiscard]] const formats::Strings& titles() const { return titles_; }

  bool next(formats::Strings& fields) {
    std::string_view line = first_;
    if (first_.empty() && !next_line(line)) return false;
    if (!core::is_utf8(line)) throw error({.found = "is not UTF-8 text"});
    std::string_view problem;
    fields = fields_of(line, separator_, &problem);
    if (!problem.empty()) throw error({.found = std::string(problem)});
    if (std::ssize(fields) != n_columns_) {
      throw error({.found = core::plural(std::ssize(fields), "field"),
                   .expected = fmt::format("{}, as in the lines above", n_columns_),
                   .next_step = "quote fields that contain what separates fields"});
    }
    first_.clear();
    return true;
  }

  [[nodiscard]] core::InputError error(core::Problem problem) const { return lines_.error(std::move(problem)); }

 private:
  bool next_line(std::string_view& line) {
    while (lines_.next(line)) {
      if (!is_blank(line)) return true;
    }
    return false;
  }

  std::unique_ptr<streams::ByteStream> stream_;
  streams::LineReader lines_;
  Separator separator_ = Separator::kComma;
  std::int64_t n_columns_ = 0;
  formats::Strings titles_;
  std::string first_;  // row, until it is given
};

/// The texts of these rows alone, each category that they have once.
formats::Categorical rows_of_column(const formats::Categorical& column, const std::vector<std::int64_t>& rows) {
  formats::Categorical some;
  std::vector<std::int32_t> code_of(column.categories.size(), -1);
  some.codes.reserve(rows.size());
  for (const std::int64_t row : rows) {
    const auto before = static_cast<std::size_t>(column.codes[static_cast<std::size_t>(row)]);
    if (code_of[before] < 0) {
      code_of[before] = static_cast<std::int32_t>(some.categories.size());
      some.categories.push_back(column.categories[before]);
    }
    some.codes.push_back(code_of[before]);
  }
  return some;
}

}  // namespace

ObsTable::ObsTable(std::filesystem::path path) : path_(std::move(path)) {
  LabelReader reader(path_);
  titles_ = reader.titles();
  for (const std::string& title : titles_) {
    if (title.empty() || std::ranges::count(titles_, title) > 1) {
      throw core::InputError(
          {.file = path_.string(),
           .found = title.empty() ? "has a column without a title" : fmt::format("has two columns '{}'", title),
           .next_step = "give each column of labels a title of its own"});
    }
  }
  std::vector<CategoryBuilder> columns(titles_.size());
  std::int64_t n_bytes = 0;
  for (formats::Strings fields; reader.next(fields);) {
    if (n_rows() % kRowsBetweenChecks == 0) {
      core::check_interrupt();
      core::require_memory(n_bytes, 1,
                           {.file = path_.string(), .found = fmt::format("has more than {} rows", n_rows())});
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::size_t n_text = fields[i + 1].size();
      const bool is_new = columns[i].add(std::move(fields[i + 1]));
      n_bytes += static_cast<std::int64_t>(is_new ? 3 * (n_text + sizeof(std::string)) : sizeof(std::int32_t));
    }
    n_bytes += static_cast<std::int64_t>(3 * sizeof(std::string) + fields[0].size());
    const auto [entry, is_new] = row_of_.try_emplace(std::move(fields[0]), n_rows());
    if (!is_new) {
      throw reader.error({.cell = entry->first, .found = "has two rows", .next_step = "give each cell one row"});
    }
  }
  for (CategoryBuilder& column : columns) values_.push_back(column.take());
}

std::vector<std::int64_t> ObsTable::rows_of(const formats::Strings& cells, const std::filesystem::path& source) const {
  std::vector<std::int64_t> rows;
  rows.reserve(cells.size());
  std::vector<bool> is_taken(static_cast<std::size_t>(n_rows()), false);
  std::int64_t n_missing = 0;
  const std::string* missing = nullptr;
  for (const std::string& cell : cells) {
    const auto entry = row_of_.find(cell);
    if (entry == row_of_.end()) {
      if (n_missing++ == 0) missing = &cell;
      continue;
    }
    rows.push_back(entry->second);
    const auto row = static_cast<std::size_t>(entry->second);
    if (is_taken[row]) {
      throw core::InputError({.file = source.string(),
                              .cell = cell,
                              .found = fmt::format("is there twice, and has one row in {}", path_.string()),
                              .next_step = "give each cell a name of its own"});
    }
    is_taken[row] = true;
  }
  if (missing == nullptr) return rows;
  throw core::InputError(
      {.file = source.string(),
       .cell = *missing,
       .found = fmt::format("{} of its {} have no row in {}", core::format_count(n_missing),
                            core::plural(std::ssize(cells), "cell"), path_.string()),
       .next_step = "add them; the first column of the table must hold the names of the cells as the source has them"});
}

std::vector<formats::Column> ObsTable::columns_of(const std::vector<std::int64_t>& rows) const {
  std::vector<formats::Column> columns;
  for (std::size_t i = 0; i < titles_.size(); ++i) {
    columns.push_back({titles_[i], typed(rows_of_column(values_[i], rows))});
  }
  return columns;
}

}  // namespace sctab::csv
