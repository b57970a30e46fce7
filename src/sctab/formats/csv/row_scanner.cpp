#include "sctab/formats/csv/row_scanner.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_file.hpp"

namespace sctab::csv {
namespace {

/// Powers of ten that are exact as doubles.
constexpr auto kPowersOfTen = [] {
  std::array<double, 16> powers{};
  double power = 1;
  for (double& each : powers) {
    each = power;
    power *= 10;
  }
  return powers;
}();

constexpr std::ptrdiff_t kMostExactDigits = 15;  // any integer of so many digits is exact as a double

/// Four zeros with what separates them, as they are in memory.
template <Separator kSeparator>
constexpr std::uint64_t kFourZeros = std::bit_cast<std::uint64_t>(std::array<char, 8>{
    '0', static_cast<char>(kSeparator), '0', static_cast<char>(kSeparator), '0', static_cast<char>(kSeparator), '0',
    static_cast<char>(kSeparator)});

unsigned digit_at(const char* at) {
  return static_cast<unsigned>(static_cast<unsigned char>(*at)) - '0';
}

/// Writes to arrays that have room for all values of a row.
struct RowWriter {
  std::int32_t* number;
  float* value;

  void put(std::int32_t at, float given) {
    if (given == 0) return;
    *number++ = at;
    *value++ = given;
  }
};

/// A number without sign, exponent and blanks, of at most 15 digits. Returns its end; null where it is none.
const char* read_plain(const char* at, double& value) {
  std::uint64_t digits = 0;
  const char* next = at;
  for (unsigned digit = digit_at(next); digit <= 9; digit = digit_at(++next)) digits = digits * 10 + digit;
  std::ptrdiff_t n_digits = next - at, n_fraction = 0;
  if (*next == '.') {
    const char* const fraction = ++next;
    for (unsigned digit = digit_at(next); digit <= 9; digit = digit_at(++next)) digits = digits * 10 + digit;
    n_fraction = next - fraction;
    n_digits += n_fraction;
  }
  if (n_digits == 0 || n_digits > kMostExactDigits) return nullptr;
  value = static_cast<double>(digits) / kPowersOfTen.at(static_cast<std::size_t>(n_fraction));
  return next;
}

BadField not_a_number(std::int64_t column, std::string_view field) {
  const std::string text = text_of(field);
  BadField bad{.column = column, .found = {}, .expected = "a number", .next_step = {}};
  const FieldKind kind = kind_of(text);
  if (text.empty()) {
    bad.found = "nothing between its separators";
    bad.next_step = "write 0 where nothing was counted";
  } else {
    bad.found = fmt::format("'{}'", core::printable(text));
    if (kind == FieldKind::kMissing)
      bad.next_step = "write 0 where nothing was counted, or remove the gene or the cell";
    if (kind == FieldKind::kOddNumber) bad.next_step = "write numbers without commas, decimals with a point";
  }
  return bad;
}

/// Any number that is not plain. Numbers that a double cannot hold are infinite, or zero.
std::optional<BadField> read_other(std::string_view field, std::int64_t column, float& value) {
  const std::string text = text_of(field);
  std::string_view number = text;
  if (number.starts_with('+')) number.remove_prefix(1);
  const bool is_signed = number.starts_with('-');
  const char first = number.size() > (is_signed ? 1U : 0U) ? number[is_signed ? 1 : 0] : '\0';
  if (first != '.' && (first < '0' || first > '9')) return not_a_number(column, field);  // "inf", "nan" and texts
  double parsed = 0;
  const char* const end = number.data() + number.size();
  const auto [next, error] = std::from_chars(number.data(), end, parsed);
  if (next != end || error == std::errc::invalid_argument) return not_a_number(column, field);
  if (error == std::errc::result_out_of_range) parsed = std::strtod(std::string(number).c_str(), nullptr);
  constexpr double kLargest = std::numeric_limits<float>::max();
  value = parsed > kLargest || parsed < -kLargest
              ? std::copysign(std::numeric_limits<float>::infinity(), static_cast<float>(is_signed ? -1 : 1))
              : static_cast<float>(parsed);
  return std::nullopt;
}

template <Separator kSeparator>
const char* skip_blanks(const char* at) {
  if constexpr (kSeparator == Separator::kBlanks) {
    while (*at == ' ' || *at == '\t') ++at;
  }
  return at;
}

template <Separator kSeparator>
bool is_separator(char c) {
  return c == static_cast<char>(kSeparator) || (kSeparator == Separator::kBlanks && c == '\t');
}

}  // namespace

RowScanner::RowScanner(Separator separator, std::vector<ColumnRun> runs)
    : separator_(separator), runs_(std::move(runs)) {
  for (const ColumnRun& run : runs_) {
    n_columns_ += run.n_columns;
    if (!run.is_skipped) n_values_ += run.n_columns;
  }
}

std::optional<BadField> RowScanner::scan(std::string_view line, Values& out) const {
  out.numbers.resize(static_cast<std::size_t>(n_values_));
  out.values.resize(static_cast<std::size_t>(n_values_));
  switch (separator_) {
    case Separator::kComma:
      return scan_by<Separator::kComma>(line, out);
    case Separator::kTab:
      return scan_by<Separator::kTab>(line, out);
    case Separator::kSemicolon:
      return scan_by<Separator::kSemicolon>(line, out);
    case Separator::kBlanks:
      break;
  }
  while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  return scan_by<Separator::kBlanks>(line, out);
}

/// Every field but the last ends in a separator: `at` moves behind it, and behind the end of the line once, where the
/// last field ends.
template <Separator kSeparator>
std::optional<BadField> RowScanner::scan_by(std::string_view line, Values& out) const {
  const char* at = skip_blanks<kSeparator>(line.data());
  const char* const end = line.data() + line.size();
  RowWriter writer{out.numbers.data(), out.values.data()};
  std::int64_t column = 0;
  for (const ColumnRun& run : runs_) {
    for (std::int32_t i = 0; i < run.n_columns; ++i) {
      if (!run.is_skipped) {
        std::uint64_t next_bytes = 0;
        while (run.n_columns - i >= 4 && end - at >= 8) {
          std::memcpy(&next_bytes, at, sizeof(next_bytes));
          if (next_bytes != kFourZeros<kSeparator>) break;
          at = skip_blanks<kSeparator>(at + 8);
          i += 4;
        }
        if (i == run.n_columns) break;
      }
      if (at > end) return wrong_width(line);
      double plain = 0;
      const char* next = run.is_skipped ? nullptr : read_plain(at, plain);
      if (next != nullptr && (next == end || is_separator<kSeparator>(*next))) {
        writer.put(run.first_value + i, static_cast<float>(plain));
      } else {
        FieldCursor cursor(std::string_view(at, static_cast<std::size_t>(end - at)), kSeparator);
        std::string_view field;
        const std::int64_t place = column + i;
        if (!cursor.next(field)) return BadField{place, std::string(cursor.problem()), {}, {}};
        float value = 0;
        if (!run.is_skipped) {
          if (auto bad = read_other(field, place, value)) return bad;
        }
        writer.put(run.first_value + i, value);
        next = at + field.size();
      }
      at = next == end ? end + 1 : skip_blanks<kSeparator>(next + 1);
    }
    column += run.n_columns;
  }
  if (at != end + 1) return wrong_width(line);
  out.n = static_cast<std::size_t>(writer.number - out.numbers.data());
  return std::nullopt;
}

BadField RowScanner::wrong_width(std::string_view line) const {
  return {.column = -1,
          .found = core::plural(count_fields(line, separator_), "field"),
          .expected = fmt::format("{}, as in the lines above", core::format_count(n_columns_)),
          .next_step = "check that the file is complete"};
}

}  // namespace sctab::csv
