#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lab/charts/chart.hpp"

namespace sctab::charts {

/// A self-contained HTML file: no scripts, no fonts or pictures from elsewhere. It follows the reader's light or dark
/// mode, and prints. All arguments are plain text and are escaped here.
class Page {
 public:
  Page(std::string title, std::string subtitle);

  void add_heading(const std::string& text);
  /// A blank line starts a new paragraph.
  void add_text(const std::string& text);
  /// Throws std::logic_error if a row is not as wide as the header.
  void add_table(const std::string& caption, const Table& table);
  /// The chart, its caption and its numbers in a collapsed table.
  template <typename Chart>
  void add_chart(const Chart& chart) {
    add_figure(chart.title, draw(chart), chart.caption, numbers(chart));
  }

  [[nodiscard]] std::string html() const;
  /// Written whole or not at all. Throws InputError naming the file.
  void write(const std::filesystem::path& path) const;

 private:
  void add_figure(const std::string& title, const std::string& svg, const std::string& caption, const Table& table);

  std::string title_, subtitle_, body_;
  std::vector<std::string> headings_;
};

}  // namespace sctab::charts
