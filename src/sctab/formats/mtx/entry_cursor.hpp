#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/formats/mtx/matrix_text.hpp"

namespace sctab::mtx {

/// One value of a matrix; row and column counted from 0.
struct Entry {
  std::int64_t row = 0, column = 0;
  float value = 0;  // finite and >= 0
};

/// Reads entries from lines "ROW COLUMN VALUE", counted from 1 there, between any blanks.
class EntryCursor {
 public:
  /// lines: whole ones, each with its line end; `first_line` is the number of the first. They and `header` and `path`
  /// must outlive it.
  EntryCursor(std::string_view lines, std::int64_t first_line, const MatrixHeader& header,
              const std::filesystem::path& path)
      : at_(lines.data()), end_(lines.data() + lines.size()), line_(first_line - 1), header_(header), path_(path) {}

  /// False at the end. Throws InputError naming the line where it is not an entry of the matrix: of two or four words,
  /// outside of it, negative, or not finite.
  bool next(Entry& entry) {
    if (at_ == end_) return false;
    ++line_;
    // Nearly all lines are of three whole numbers of up to nine digits, one blank between two of them.
    const char* p = at_;
    const std::uint32_t row = digits(p);
    const bool row_ends = *p == ' ' || *p == '\t';
    p += static_cast<int>(row_ends);
    const char* const column_at = p;
    const std::uint32_t column = digits(p);
    const bool column_ends = (*p == ' ' || *p == '\t') && p != column_at;
    p += static_cast<int>(column_ends);
    const char* const value_at = p;
    const std::uint32_t value = digits(p);
    const bool is_plain = row_ends && column_ends && p != value_at && *p == '\n' && p - value_at <= kMostDigits &&
                          value_at - column_at <= kMostDigits && column_at - at_ <= kMostDigits;
    if (!is_plain || std::uint64_t{row} - 1 >= static_cast<std::uint64_t>(header_.n_rows) ||
        std::uint64_t{column} - 1 >= static_cast<std::uint64_t>(header_.n_columns)) {
      read_carefully(entry);
      return true;
    }
    entry = {static_cast<std::int64_t>(row) - 1, static_cast<std::int64_t>(column) - 1, static_cast<float>(value)};
    at_ = p + 1;
    return true;
  }

  /// Of the entry that was read last.
  [[nodiscard]] std::int64_t line() const { return line_; }
  /// An error in its line.
  [[nodiscard]] core::InputError error(core::Problem problem) const;

 private:
  static constexpr std::ptrdiff_t kMostDigits = 9;

  /// Wraps around where there are more than kMostDigits; ends at a line end at the latest.
  static std::uint32_t digits(const char*& p) {
    std::uint32_t number = 0;
    for (; *p >= '0' && *p <= '9'; ++p) number = number * 10 + static_cast<std::uint32_t>(*p - '0');
    return number;
  }
  /// Any line.
  void read_carefully(Entry& entry);

  const char* at_;
  const char* end_;
  std::int64_t line_;
  const MatrixHeader& header_;
  const std::filesystem::path& path_;
};

}  // namespace sctab::mtx
