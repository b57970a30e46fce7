#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sctab::csv {

/// What is between the fields of a line. kBlanks: any run of blanks and tabs; those at the ends of a line do not count.
enum class Separator : char { kComma = ',', kTab = '\t', kSemicolon = ';', kBlanks = ' ' };
/// "commas", "tabs".
std::string_view describe(Separator separator);

/// What a field holds. kMissing: nothing, "NA", "NaN" and the like, infinities. kOddNumber: digits with commas, as in
/// "0,5" and "1,234".
enum class FieldKind : std::uint8_t { kNumber, kOddNumber, kMissing, kText };
/// field: as fields_of() gives it.
FieldKind kind_of(std::string_view field);

/// Takes a line apart, field by field. A field may be in quotes, doubled inside (RFC 4180); a quote within a field that
/// does not begin with one is a character like any other. Line breaks within quotes are not supported.
class FieldCursor {
 public:
  /// line: without its end.
  FieldCursor(std::string_view line, Separator separator);

  /// The next field as it is in the line, with its quotes. False behind the last, and where the quotes are wrong.
  bool next(std::string_view& field);
  /// What is wrong with the quotes; empty: nothing.
  [[nodiscard]] std::string_view problem() const { return problem_; }

 private:
  [[nodiscard]] bool is_separator(char c) const;
  /// Where the field that begins at at_ ends.
  std::size_t field_end();

  std::string_view line_;
  Separator separator_;
  std::size_t at_ = 0;
  bool has_more_ = true;
  std::string_view problem_;
};

/// The text of a field of FieldCursor: without its quotes, and without blanks around it.
std::string text_of(std::string_view field);

/// All fields of a line, as text. problem: as FieldCursor::problem().
std::vector<std::string> fields_of(std::string_view line, Separator separator, std::string_view* problem = nullptr);
/// How many fields a line has; 0 where its quotes are wrong.
std::int64_t count_fields(std::string_view line, Separator separator);

/// Whether a line of titles fits rows of n_fields: R leaves out the title of the names.
bool fit(std::int64_t n_titles, std::int64_t n_fields);
/// What separates the fields of a table, from its line of titles and its first row: the one by which both fit, with the
/// most fields; blanks only if no other does. Without one that fits, the one that gives the row most fields.
struct FoundSeparator {
  Separator separator = Separator::kComma;
  std::int64_t n_fields = 1;  // of the row
  bool fits = false;
};
FoundSeparator find_separator(std::string_view titles, std::string_view row);

}  // namespace sctab::csv
