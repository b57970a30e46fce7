#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lab/charts/chart.hpp"
#include "lab/charts/table.hpp"

namespace sctab::charts {

/// One HTML file that needs nothing else: no scripts, no fonts, no pictures from elsewhere. Light or dark as the reader
/// has it; prints. All texts given are plain, and escaped here.
class Page {
 public:
  Page(std::string title, std::string subtitle);

  void add_heading(const std::string& text);
  /// A blank line begins a new paragraph.
  void add_text(const std::string& text);
  /// Throws std::logic_error where a row is not as wide as the head.
  void add_table(const std::string& caption, const Table& table);
  /// The chart, its caption, and its numbers as a folded table.
  template <typename Chart>
  void add_chart(const Chart& chart) {
    add_figure(chart.title, draw(chart), chart.caption, numbers(chart));
  }

  [[nodiscard]] std::string html() const;
  /// Whole or not at all. Throws InputError naming the file.
  void write(const std::filesystem::path& path) const;

 private:
  void add_figure(const std::string& title, const std::string& svg, const std::string& caption, const Table& table);

  std::string title_, subtitle_, body_;
  std::vector<std::string> headings_;
};

}  // namespace sctab::charts
