#include "sctab/published/csv_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/formats/parquet/reader.hpp"
#include "sctab/published/text_file.hpp"

namespace sctab::published {
namespace {

constexpr std::uint64_t kMaxBytes = 16 << 20;

/// Takes a text apart into rows of fields.
class CsvParser {
 public:
  CsvParser(const std::filesystem::path& path, std::string_view text) : path_(path), text_(text) {}

  std::vector<std::vector<std::string>> rows() {
    std::vector<std::vector<std::string>> rows;
    while (at_ < text_.size()) {
      const std::size_t line = line_;
      std::vector<std::string> row = next_row();
      if (row.size() == 1 && row.front().empty()) continue;
      if (!rows.empty() && row.size() != rows.front().size()) {
        throw core::InputError(fmt::format("{}: line {} has {} fields, expected {} as in the header", path_.string(),
                                           line, row.size(), rows.front().size()));
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  std::vector<std::string> next_row() {
    std::vector<std::string> row;
    while (true) {
      row.push_back(text_.substr(at_, 1) == "\"" ? quoted() : plain());
      const char next = at_ < text_.size() ? text_[at_] : '\n';
      ++at_;
      if (next == ',') continue;
      ++line_;
      return row;
    }
  }

  std::string plain() {
    const std::size_t end = std::min(text_.find_first_of(",\n", at_), text_.size());
    std::string field(text_.substr(at_, end - at_));
    at_ = end;
    if (!field.empty() && field.back() == '\r' && (at_ == text_.size() || text_[at_] == '\n')) field.pop_back();
    return field;
  }

  std::string quoted() {
    const std::size_t first_line = line_;
    std::string field;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        field += text_[at_];
      } else if (text_.substr(at_ + 1, 1) == "\"") {
        field += text_[++at_];
      } else {
        ++at_;
        if (text_.substr(at_, 2) == "\r\n") ++at_;
        if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n') break;
        return field;
      }
    }
    throw core::InputError(fmt::format(
        "{}: line {}: a quote is not closed, or text follows it; quote fields as csv wants, \"a \"\"b\"\"\"",
        path_.string(), first_line));
  }

  const std::filesystem::path& path_;
  std::string_view text_;
  std::size_t at_ = 0, line_ = 1;
};

}  // namespace

CsvTable read_table(const std::filesystem::path& path) {
  if (parquet::is_parquet(path) || path.extension() == ".parquet") {
    parquet::Table table = parquet::read_table(path);
    return {std::move(table.header), std::move(table.rows)};
  }
  const std::string text = read_text_file(path, kMaxBytes, "a csv");
  auto rows = CsvParser(path, text).rows();
  if (rows.size() < 2) {
    throw core::InputError(
        fmt::format("{}: has {} lines, expected a header and rows below it", path.string(), rows.size()));
  }
  CsvTable table;
  table.header = std::move(rows.front());
  rows.erase(rows.begin());
  table.rows = std::move(rows);
  return table;
}

}  // namespace sctab::published
