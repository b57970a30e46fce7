#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/charts/chart.hpp"
#include "lab/charts/svg.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::charts {
namespace {

constexpr double kLegendHeight = 26, kLegendWidth = 200;
constexpr double kHeadSlant = 40;  // degrees
constexpr std::size_t kMostHeadCharacters = 36;

struct Layout {
  double width = 0, height = 0, cell_width = 0, cell_height = 0;
  Point first;  // upper left corner of the first cell
  std::vector<std::string> title;
};

double widest(const std::vector<std::string>& names) {
  double width = 0;
  for (const auto& name : names) width = std::max(width, text_width(shortened(name, kMostHeadCharacters), kTextSize));
  return width;
}

Layout lay_out(const HeatMap& chart) {
  const auto n_rows = static_cast<double>(chart.rows.size()), n_columns = static_cast<double>(chart.columns.size());
  const double names = widest(chart.rows), heads = widest(chart.columns);
  Layout layout;
  const double left = kMargin + names + 8;
  const double slant = kHeadSlant * std::acos(-1.0) / 180;
  const double overhang = heads * std::cos(slant);  // of the last head
  layout.cell_width = std::clamp((760 - left) / std::max(n_columns, 1.0), 16.0, 72.0);
  layout.cell_height = std::clamp(640 / std::max(n_rows, 1.0), 15.0, 30.0);
  const double cells_width = std::max(layout.cell_width * n_columns, kLegendWidth + 120);
  layout.width = left + cells_width + std::max(kMargin, overhang - 0.3 * layout.cell_width);
  layout.title = wrapped(chart.title, kTitleSize, layout.width - 2 * kMargin);
  const double top = kMargin + kLineHeight * static_cast<double>(layout.title.size()) + kLegendHeight;
  layout.first = {left, top + heads * std::sin(slant) + 16};
  layout.height = layout.first.y + layout.cell_height * n_rows + kMargin;
  return layout;
}

struct ColourRange {
  double from = kNoValue, to = kNoValue;
  [[nodiscard]] double share(double value) const { return to > from ? (value - from) / (to - from) : 0.5; }
};

ColourRange colour_range_of(const HeatMap& chart) {
  ColourRange range;
  for (const auto& row : chart.values) {
    for (const double value : row) {
      if (!std::isfinite(value)) continue;
      range.from = std::isnan(range.from) ? value : std::min(range.from, value);
      range.to = std::isnan(range.to) ? value : std::max(range.to, value);
    }
  }
  return range;
}

void draw_legend(Svg& svg, const Layout& layout, const ColourRange& range) {
  const double y = kMargin + kLineHeight * static_cast<double>(layout.title.size());
  const double x = layout.first.x;
  if (std::isnan(range.from)) {
    svg.text({x, y + 11}, core::kNoValueText);
    return;
  }
  constexpr int kSteps = 20;
  const std::string from = core::format_number(range.from);
  const double begin = x + text_width(from, kTextSize) + 6;
  svg.text({x, y + 11}, from);
  for (int i = 0; i < kSteps; ++i) {
    const std::string colour = shade((i + 0.5) / kSteps);
    svg.rect({begin + i * kLegendWidth / kSteps, y, kLegendWidth / kSteps + 0.5, 14}, {.fill = colour});
  }
  svg.text({begin + kLegendWidth + 6, y + 11}, core::format_number(range.to));
}

void draw_cell(Svg& svg, const Rect& cell, double value, const ColourRange& range, const std::string& where) {
  const std::string text = core::format_number(value);
  const Point middle{cell.x + cell.width / 2, cell.y + cell.height / 2 + 4};
  if (!std::isfinite(value)) {
    svg.rect(cell, {.stroke = "currentColor", .opacity = 0.4, .dashes = "2 3", .tip = where + text});
    const bool fits = text_width(text, 10) < cell.width - 4;
    return svg.text(middle, fits ? text : "–", {.size = 10, .anchor = "middle", .tip = where + text});
  }
  const std::string colour = shade(range.share(value));
  svg.rect(cell, {.fill = colour, .tip = where + text});
  if (text_width(text, 11) > cell.width - 4) return;
  svg.text(middle, text, {.size = 11, .anchor = "middle", .fill = text_colour_on(colour), .tip = where + text});
}

void draw_name(Svg& svg, Point at, const std::string& name, TextStyle style) {
  const std::string shown = shortened(name, kMostHeadCharacters);
  if (shown != name) style.tip = name;
  svg.text(at, shown, style);
}

}  // namespace

std::string draw(const HeatMap& chart) {
  SCTAB_ASSERT(chart.values.size() == chart.rows.size());
  const Layout layout = lay_out(chart);
  const ColourRange range = colour_range_of(chart);
  Svg svg(layout.width, layout.height, chart.title);
  svg.title(layout.title);
  draw_legend(svg, layout, range);
  for (std::size_t c = 0; c < chart.columns.size(); ++c) {
    const double middle = layout.first.x + layout.cell_width * (static_cast<double>(c) + 0.5);
    draw_name(svg, {middle + 3, layout.first.y - 6}, chart.columns[c], {.rotation = -kHeadSlant});
  }
  for (std::size_t r = 0; r < chart.rows.size(); ++r) {
    SCTAB_ASSERT(chart.values[r].size() == chart.columns.size());
    const double y = layout.first.y + layout.cell_height * static_cast<double>(r);
    draw_name(svg, {layout.first.x - 6, y + layout.cell_height / 2 + 4}, chart.rows[r], {.anchor = "end"});
    for (std::size_t c = 0; c < chart.columns.size(); ++c) {
      const double x = layout.first.x + layout.cell_width * static_cast<double>(c);
      draw_cell(svg, {x, y, layout.cell_width - 1, layout.cell_height - 1}, chart.values[r][c], range,
                fmt::format("{}, {}: ", chart.rows[r], chart.columns[c]));
    }
  }
  return svg.str();
}

}  // namespace sctab::charts
