#include "sctab/core/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "sctab/core/input_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_file.hpp"

namespace sctab::core {
namespace {

std::string describe(const CsvFormat& format) {
  return format.separator == '\t' ? "a tsv" : "a csv";
}

std::string read_table(const std::filesystem::path& path, const CsvFormat& format) {
  if (!format.streams) (void)open_input(path, {.expected = describe(format)});
  return read_text_file(path, describe(format));
}

}  // namespace

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\t\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

void require_tsv_field(const std::filesystem::path& path, const std::string& text) {
  if (text.find_first_of("\t\n\r") == std::string::npos) return;
  throw InputError({.file = path.string(),
                    .found = fmt::format("the name {:?} contains a tab or a line break", text),
                    .next_step = "rename it"});
}

std::optional<std::size_t> CsvTable::find_column(std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names) {
    const auto found = std::ranges::find(header, name);
    if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
  }
  return std::nullopt;
}

CsvReader::CsvReader(const std::filesystem::path& path, CsvFormat format)
    : CsvReader(read_table(path, format), path, format) {}

CsvReader::CsvReader(std::string text, std::filesystem::path path, CsvFormat format)
    : path_(std::move(path)), format_(format), text_(std::move(text)) {
  if (format_.header && !next_row(header_)) {
    throw error({.found = "is empty", .expected = describe(format_) + " with a header"});
  }
}

InputError CsvReader::error_on(std::int64_t line, Problem problem) const {
  problem.file = path_.string();
  problem.line = line;
  return InputError(std::move(problem));
}

void CsvReader::require_header(const std::vector<std::string>& expected) const {
  if (header_ == expected) return;
  const std::string separator(1, format_.separator);
  throw error({.found = fmt::format("the header '{}'", fmt::join(header_, separator)),
               .expected = fmt::format("'{}'", fmt::join(expected, separator))});
}

bool CsvReader::next(std::vector<std::string>& fields) {
  if (!next_row(fields)) return false;
  if (!format_.header || fields.size() == header_.size()) return true;
  throw error({.found = plural(std::ssize(fields), "field"),
               .expected = fmt::format("{}, as in the header", header_.size()),
               .next_step = format_.quotes ? fmt::format("quote fields that contain a {}",
                                                         format_.separator == '\t' ? "tab" : "comma")
                                           : ""});
}

bool CsvReader::at_line_end() const {
  const std::string_view rest = std::string_view(text_).substr(at_, 2);
  return rest.empty() || rest.front() == '\n' || rest == "\r\n" || rest == "\r";
}

void CsvReader::skip_line_end() {
  if (at_ < text_.size() && text_[at_] == '\r') ++at_;
  if (at_ < text_.size()) ++at_;
  ++line_;
}

bool CsvReader::next_row(std::vector<std::string>& fields) {
  fields.clear();
  while (at_ < text_.size()) {
    if (format_.comments && text_[at_] == '#') at_ = std::min(text_.find('\n', at_), text_.size());
    if (!at_line_end()) break;
    skip_line_end();
  }
  if (at_ >= text_.size()) return false;
  row_line_ = line_;
  for (;;) {
    std::string& field = fields.emplace_back();
    if (format_.quotes && at_ < text_.size() && text_[at_] == '"') {
      read_quoted(field);
    } else {
      read_plain(field);
    }
    if (at_line_end()) {
      skip_line_end();
      return true;
    }
    ++at_;  // the separator
  }
}

void CsvReader::read_plain(std::string& field) {
  const std::size_t begin = at_;
  while (!at_line_end() && text_[at_] != format_.separator) {
    if (format_.quotes && text_[at_] == '"') {
      throw error_on(line_, {.found = "a quote inside a field that is not quoted",
                             .next_step = R"(quote the whole field and double its quotes: "the ""B"" cell")"});
    }
    ++at_;
  }
  field = text_.substr(begin, at_ - begin);
}

void CsvReader::read_quoted(std::string& field) {
  const std::int64_t first_line = line_;
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\n') ++line_;
    if (text_[at_] != '"') {
      field += text_[at_];
    } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
      field += text_[++at_];
    } else {
      ++at_;
      if (at_line_end() || text_[at_] == format_.separator) return;
      throw error_on(line_, {.found = "text after a closing quote",
                             .next_step = R"(double the quotes inside a quoted field: "the ""B"" cell")"});
    }
  }
  throw error_on(first_line,
                 {.found = "a quote is not closed", .next_step = "close it, or check that the file is complete"});
}

CsvTable read_csv(const std::filesystem::path& path, CsvFormat format) {
  CsvReader reader(path, format);
  CsvTable table{reader.header(), {}};
  for (std::vector<std::string> row; reader.next(row);) table.rows.push_back(row);
  return table;
}

}  // namespace sctab::core
