#include "sctab/formats/csv/fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "sctab/formats/obs_values.hpp"

namespace sctab::csv {
namespace {

constexpr std::string_view kBlankCharacters = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlankCharacters);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlankCharacters) - begin + 1);
}

bool is_infinity(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const std::string lower = formats::trimmed_lower_case(text);
  return lower == "inf" || lower == "infinity" || lower == "nan";
}

bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), end, value);
  return next == end && error != std::errc::invalid_argument;
}

}  // namespace

std::string_view describe(Separator separator) {
  switch (separator) {
    case Separator::kComma:
      return "commas";
    case Separator::kTab:
      return "tabs";
    case Separator::kSemicolon:
      return "semicolons";
    case Separator::kBlanks:
      break;
  }
  return "blanks";
}

FieldKind kind_of(std::string_view field) {
  if (formats::is_missing(field) || is_infinity(field)) return FieldKind::kMissing;
  if (is_number(field)) return FieldKind::kNumber;
  const bool has_digit = field.find_first_of("0123456789") != std::string_view::npos;
  const bool is_odd = has_digit && field.find_first_not_of("0123456789.,+-eE ") == std::string_view::npos &&
                      field.find(',') != std::string_view::npos;
  return is_odd ? FieldKind::kOddNumber : FieldKind::kText;
}

FieldCursor::FieldCursor(std::string_view line, Separator separator)
    : line_(separator == Separator::kBlanks ? trimmed(line) : line), separator_(separator) {}

bool FieldCursor::next(std::string_view& field) {
  if (!has_more_) return false;
  const std::size_t end = field_end();
  if (!problem_.empty()) return has_more_ = false;
  field = line_.substr(at_, end - at_);
  has_more_ = end < line_.size();
  at_ = end + 1;
  if (separator_ == Separator::kBlanks) at_ = std::min(line_.find_first_not_of(kBlankCharacters, end), line_.size());
  return true;
}

bool FieldCursor::is_separator(char c) const {
  return c == static_cast<char>(separator_) || (separator_ == Separator::kBlanks && c == '\t');
}

std::size_t FieldCursor::field_end() {
  const std::string_view separators = separator_ == Separator::kBlanks
                                          ? kBlankCharacters
                                          : std::string_view(reinterpret_cast<const char*>(&separator_), 1);
  if (at_ >= line_.size() || line_[at_] != '"') return std::min(line_.find_first_of(separators, at_), line_.size());
  std::size_t quote = line_.find('"', at_ + 1);
  while (quote != std::string_view::npos && quote + 1 < line_.size() && line_[quote + 1] == '"') {
    quote = line_.find('"', quote + 2);
  }
  if (quote == std::string_view::npos) {
    problem_ = "a quote is not closed on its line";
    return line_.size();
  }
  if (quote + 1 < line_.size() && !is_separator(line_[quote + 1])) problem_ = "text after a closing quote";
  return quote + 1;
}

std::string text_of(std::string_view field) {
  if (field.size() < 2 || field.front() != '"') return std::string(trimmed(field));
  std::string text;
  field = field.substr(1, field.size() - 2);
  for (std::size_t i = 0; i < field.size(); ++i) {
    text += field[i];
    if (field[i] == '"') ++i;  // doubled
  }
  return std::string(trimmed(text));
}

std::vector<std::string> fields_of(std::string_view line, Separator separator, std::string_view* problem) {
  FieldCursor cursor(line, separator);
  std::vector<std::string> fields;
  for (std::string_view field; cursor.next(field);) fields.push_back(text_of(field));
  if (problem != nullptr) *problem = cursor.problem();
  return fields;
}

std::int64_t count_fields(std::string_view line, Separator separator) {
  FieldCursor cursor(line, separator);
  std::int64_t n = 0;
  for (std::string_view field; cursor.next(field);) ++n;
  return cursor.problem().empty() ? n : 0;
}

bool fit(std::int64_t n_titles, std::int64_t n_fields) {
  return n_fields >= 2 && (n_titles == n_fields || n_titles == n_fields - 1);
}

FoundSeparator find_separator(std::string_view titles, std::string_view row) {
  FoundSeparator found;
  for (const Separator each : {Separator::kTab, Separator::kComma, Separator::kSemicolon, Separator::kBlanks}) {
    if (each == Separator::kBlanks && found.fits) break;
    const std::int64_t n = count_fields(row, each);
    const bool fits = fit(count_fields(titles, each), n);
    if (fits > found.fits || (fits == found.fits && n > found.n_fields)) found = {each, n, fits};
  }
  return found;
}

}  // namespace sctab::csv
