#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sctab::core {

/// A table for people: columns as wide as their widest cell, two blanks between them.
///
///   TextTable table({{"cell type"}, {"cells", TextTable::Align::kRight}});
///   table.add_row({"B cell", format_count(1234)});
///   print(table.text());
class TextTable {
 public:
  enum class Align : std::uint8_t { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit TextTable(std::vector<Column> columns);
  /// One cell per column, UTF-8.
  void add_row(std::vector<std::string> cells);
  /// Title line and rows, each with a line end and no blanks before it. indent: blanks before each line.
  [[nodiscard]] std::string text(std::size_t indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // the first holds the titles
};

}  // namespace sctab::core
