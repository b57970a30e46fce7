#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"

namespace sctab::core {

/// A field as a csv or tsv holds it: quoted if it contains a comma, a tab, a quote or a line break.
std::string csv_field(const std::string& text);

/// Throws InputError naming the file if the text cannot be a field of kPlainTsv: it contains a tab or a line break.
void require_tsv_field(const std::filesystem::path& path, const std::string& text);

/// The form of a table in a text file.
struct CsvFormat {
  char separator = ',';
  /// Fields may be quoted, as RFC 4180 defines it. Without, a quote is a character like any other.
  bool quotes = true;
  /// The first row names the columns, and each row below it has as many fields.
  bool header = true;
  /// Lines that begin with '#' are skipped.
  bool comments = false;
  /// A pipe or a device will do, as in --labels <(zcat labels.gz).
  bool streams = true;
};
/// The tables that sctab writes for itself: tabs between fields, which contain neither tabs nor line breaks.
inline constexpr CsvFormat kPlainTsv = {.separator = '\t', .quotes = false, .streams = false};

/// A whole small table.
struct CsvTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // as many fields each as the header

  /// The first of these columns that the header names.
  [[nodiscard]] std::optional<std::size_t> find_column(std::initializer_list<std::string_view> names) const;
};

/// Reads a csv or tsv (RFC 4180) row by row: quoted fields, doubled quotes, separators and line breaks inside quotes,
/// lines that end in LF or CRLF, the last one in nothing. Blank lines are skipped. Throws InputError naming file and
/// line for a quote that is never closed, for text behind a closing quote, for a quote inside a field that is not
/// quoted, and with a header for a row that has more or fewer fields than it.
///
///   CsvReader csv("calls.csv");
///   csv.require_header({"row", "cell_type"});
///   for (std::vector<std::string> row; csv.next(row);) use(row[1]);
class CsvReader {
 public:
  /// Reads the header, if the format has one. Throws as read_text_file() does, and if the header is missing.
  explicit CsvReader(const std::filesystem::path& path, CsvFormat format = {});
  /// The same for text that is in memory: UTF-8, without a byte order mark. path: for messages.
  CsvReader(std::string text, std::filesystem::path path, CsvFormat format);

  [[nodiscard]] const std::vector<std::string>& header() const { return header_; }

  /// Throws InputError naming the line if the header is another than this.
  void require_header(const std::vector<std::string>& expected) const;

  /// The next row. False at the end.
  bool next(std::vector<std::string>& fields);
  /// The line on which the row that was read last begins, counted from 1.
  [[nodiscard]] std::int64_t line() const { return row_line_; }
  /// An error in that row.
  [[nodiscard]] InputError error(const Problem& problem) const { return error_on(row_line_, problem); }

 private:
  [[nodiscard]] InputError error_on(std::int64_t line, Problem problem) const;
  bool next_row(std::vector<std::string>& fields);
  void read_plain(std::string& field);
  void read_quoted(std::string& field);
  /// Whether the text ends here, or a line does.
  [[nodiscard]] bool at_line_end() const;
  void skip_line_end();

  std::filesystem::path path_;
  CsvFormat format_;
  std::string text_;
  std::vector<std::string> header_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1, row_line_ = 1;
};

/// Reads it all. Throws as CsvReader does.
CsvTable read_csv(const std::filesystem::path& path, CsvFormat format = {});

}  // namespace sctab::core
