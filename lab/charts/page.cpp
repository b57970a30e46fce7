#include "lab/charts/page.hpp"

#include <fmt/format.h>

#include "lab/charts/svg.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::charts {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1b1f23; --soft: #59626b; --rule: #d7dce1; --link: #2160a8; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171a; --ink: #e6e9ec; --soft: #a3adb8; --rule: #363d44; --link: #7db4ee; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 62rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; line-height: 1.25; }
h2 { margin: 2.5rem 0 0.75rem; padding-top: 0.75rem; border-top: 1px solid var(--rule); font-size: 1.3rem; }
p { max-width: 46rem; margin: 0.75rem 0; }
p.subtitle, figcaption, caption, footer { color: var(--soft); }
a, summary { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; list-style: none; }
figure { margin: 1.5rem 0; }
.wide { overflow-x: auto; }
figure .wide > svg { display: block; max-width: none; }
@media (max-width: 62rem) { figure .wide > svg[width="720"] { max-width: 100%; height: auto; } }
figcaption { max-width: 46rem; margin: 0.25rem 0; font-size: 0.92rem; }
details { margin: 0.5rem 0; font-size: 0.92rem; }
summary { cursor: pointer; }
table { margin: 1rem 0; border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
caption { padding-bottom: 0.4rem; text-align: left; }
th, td { padding: 0.2rem 0.9rem 0.2rem 0; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top;
  font-weight: 400; }
thead th { border-bottom-width: 2px; font-weight: 600; }
.number { text-align: right; }
@media print {
  :root { color-scheme: light; --ground: #ffffff; --ink: #000000; --soft: #333333; --rule: #bbbbbb; --link: #000000; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2 { break-after: avoid; }
  figure, tr { break-inside: avoid; }
  .wide { overflow: visible; }
  figure .wide > svg { max-width: 100%; height: auto; }
  details:not([open]), nav { display: none; }
}
)";

bool looks_like_number(const std::string& text) {
  if (text == core::kNoValueText || text == "-" || text == "–") return true;
  const std::size_t first = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  return text.size() > first && text[first] >= '0' && text[first] <= '9' &&
         text.find_first_not_of("0123456789.,e+- %()±", first) == std::string::npos;
}

// Columns of numbers are aligned right, with their headers.
std::vector<bool> number_columns(const Table& table) {
  std::vector<bool> numeric(table.columns.size(), !table.rows.empty());
  for (const auto& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) numeric[c] = numeric[c] && looks_like_number(row[c]);
  }
  if (!numeric.empty()) numeric[0] = false;  // the rows' names
  return numeric;
}

// A box that scrolls sideways, with the keyboard too. html: its content.
std::string scroll_box(const std::string& name, const std::string& html) {
  return fmt::format("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{}\">{}</div>\n", escape(name),
                     html);
}

std::string html_of(const std::string& caption, const Table& table) {
  for (const auto& row : table.rows) SCTAB_ASSERT(row.size() == table.columns.size());
  const std::vector<bool> numeric = number_columns(table);
  const auto kind = [&](std::size_t column) { return numeric[column] ? " class=\"number\"" : ""; };
  std::string html = "<table>\n";
  if (!caption.empty()) html += fmt::format("<caption>{}</caption>\n", escape(caption));
  html += "<thead><tr>";
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    html += fmt::format("<th scope=\"col\"{}>{}</th>", kind(c), escape(table.columns[c]));
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) {
      html += c == 0 ? fmt::format("<th scope=\"row\">{}</th>", escape(row[c]))
                     : fmt::format("<td{}>{}</td>", kind(c), escape(row[c]));
    }
    html += "</tr>\n";
  }
  return scroll_box(caption.empty() ? "table" : caption, html + "</tbody>\n</table>");
}

}  // namespace

Page::Page(std::string title, std::string subtitle) : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

void Page::add_heading(const std::string& text) {
  headings_.push_back(text);
  body_ += fmt::format("<h2 id=\"part-{}\">{}</h2>\n", headings_.size(), escape(text));
}

void Page::add_text(const std::string& text) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find("\n\n", begin), text.size());
    if (end > begin) body_ += fmt::format("<p>{}</p>\n", escape(text.substr(begin, end - begin)));
    begin = end + 2;
  }
}

void Page::add_table(const std::string& caption, const Table& table) {
  body_ += html_of(caption, table);
}

void Page::add_figure(const std::string& title, const std::string& svg, const std::string& caption,
                      const Table& table) {
  body_ += "<figure>\n" + scroll_box(title, "\n" + svg);
  if (!caption.empty()) body_ += fmt::format("<figcaption>{}</figcaption>\n", escape(caption));
  body_ += fmt::format("<details><summary>The numbers of “{}”</summary>\n{}</details>\n</figure>\n", escape(title),
                       html_of("", table));
}

std::string Page::html() const {
  std::string contents;
  if (headings_.size() > 2) {
    contents = "<nav aria-label=\"Contents\"><ul>\n";
    for (std::size_t i = 0; i < headings_.size(); ++i) {
      contents += fmt::format("<li><a href=\"#part-{}\">{}</a></li>\n", i + 1, escape(headings_[i]));
    }
    contents += "</ul></nav>\n";
  }
  // The policy forbids the page to load anything.
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<header>\n<h1>{0}</h1>\n"
      "<p class=\"subtitle\">{2}</p>\n{3}</header>\n<main>\n{4}</main>\n</body>\n</html>\n",
      escape(title_), kStyle, escape(subtitle_), contents, body_);
}

void Page::write(const std::filesystem::path& path) const {
  core::write_file_atomically(path, html());
}

}  // namespace sctab::charts
