#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/csv/fields.hpp"

namespace sctab::csv {

/// Columns next to each other: numbers, of which the first is value first_value of its row, or text to skip.
struct ColumnRun {
  std::int32_t n_columns = 0;
  std::int32_t first_value = 0;
  bool is_skipped = false;
};

/// What is wrong with a row.
struct BadField {
  std::int64_t column = -1;  // counted from 0; -1: the row as a whole
  std::string found, expected, next_step;
};

/// Reads rows of numbers, most of which are zeros, into the non-zero ones. Numbers are decimals in any usual form:
/// "12", "0.5", "-1e3", "+2", "\"7\"", with blanks around them. Numbers of up to 15 digits, as floats, are those that
/// the decimal rounds to by way of double. Any number of threads may share a scanner.
class RowScanner {
 public:
  /// runs: all columns of a row, in order.
  RowScanner(Separator separator, std::vector<ColumnRun> runs);

  /// Where rows are read to.
  struct Values {
    std::vector<std::int32_t> numbers;  // of the values within their row: ascending
    std::vector<float> values;          // not zero; infinite where a float cannot hold it
    std::size_t n = 0;                  // of the row that was read last
    [[nodiscard]] std::span<const std::int32_t> row_numbers() const { return std::span(numbers).first(n); }
    [[nodiscard]] std::span<const float> row_values() const { return std::span(values).first(n); }
  };

  /// Reads one row, in place of the one that `out` holds. line: without its end; a byte of memory must follow it, which
  /// is neither a digit nor a separator: what ended the line.
  [[nodiscard]] std::optional<BadField> scan(std::string_view line, Values& out) const;

  [[nodiscard]] std::int32_t n_values() const { return n_values_; }
  [[nodiscard]] std::int64_t n_columns() const { return n_columns_; }

 private:
  template <Separator kSeparator>
  [[nodiscard]] std::optional<BadField> scan_by(std::string_view line, Values& out) const;
  [[nodiscard]] BadField wrong_width(std::string_view line) const;

  Separator separator_;
  std::vector<ColumnRun> runs_;
  std::int32_t n_values_ = 0;
  std::int64_t n_columns_ = 0;
};

}  // namespace sctab::csv
