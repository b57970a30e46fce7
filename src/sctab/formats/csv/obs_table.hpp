#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "sctab/core/input_file.hpp"
#include "sctab/formats/dataframe.hpp"

namespace sctab::csv {

/// Labels of cells in a table of their own: csv, tsv and the like, plain or gzipped. A line of titles, and then a line
/// a cell: its name in the first column, labels in the others. R's tables without a title for the names are fine.
class ObsTable {
 public:
  /// Throws InputError naming file and line for what is no such table: rows of another width, a cell named twice, text
  /// that is not UTF-8; and where it does not fit in memory.
  explicit ObsTable(std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::int64_t n_rows() const { return std::ssize(row_of_); }
  [[nodiscard]] const formats::Strings& columns() const { return titles_; }

  /// The row of each of these cells. Throws InputError naming `source`, to which they belong, where a cell is not in
  /// the table or two have the same name.
  [[nodiscard]] std::vector<std::int64_t> rows_of(const formats::Strings& cells,
                                                  const std::filesystem::path& source) const;
  /// The columns, with the values of these rows in their order, typed by what they hold.
  [[nodiscard]] std::vector<formats::Column> columns_of(const std::vector<std::int64_t>& rows) const;

 private:
  std::filesystem::path path_;
  formats::Strings titles_;  // without that of the names
  std::vector<formats::Categorical> values_;
  std::unordered_map<std::string, std::int64_t> row_of_;
};

}  // namespace sctab::csv
