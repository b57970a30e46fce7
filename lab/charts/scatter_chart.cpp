#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "lab/charts/axes.hpp"
#include "lab/charts/chart.hpp"
#include "lab/charts/palette.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::charts {
namespace {

constexpr double kBinSize = 8;  // pixels

struct Scales {
  Scale x, y;
  [[nodiscard]] bool shows(const ScatterChart::Point& point) const { return x.shows(point.x) && y.shows(point.y); }
};

void draw_points(Axes& axes, const Scales& scales, const ScatterChart::Series& series, std::size_t n) {
  for (const auto& point : series.points) {
    if (!scales.shows(point)) continue;
    const std::string name = point.name.empty() ? series.name : point.name;
    axes.svg().marker(
        n, {axes.x(point.x), axes.y(point.y)}, 4,
        {.fill = series_colour(n),
         .opacity = 0.85,
         .tip = fmt::format("{}: {}, {}", name, core::format_number(point.x), core::format_number(point.y))});
  }
}

// Cells of a grid, darker the more points they have, on a log scale: 1 point is still visible next to 10,000.
void draw_bins(Axes& axes, const Scales& scales, const ScatterChart::Series& series, std::size_t n) {
  std::map<std::pair<int, int>, std::size_t> bins;
  std::size_t most = 1;
  for (const auto& point : series.points) {
    if (!scales.shows(point)) continue;
    const auto column = static_cast<int>((axes.x(point.x) - axes.area().x) / kBinSize);
    const auto row = static_cast<int>((axes.y(point.y) - axes.area().y) / kBinSize);
    most = std::max(most, ++bins[{column, row}]);
  }
  for (const auto& [bin, count] : bins) {
    const double share = std::log1p(static_cast<double>(count)) / std::log1p(static_cast<double>(most));
    axes.svg().rect(
        {axes.area().x + kBinSize * bin.first, axes.area().y + kBinSize * bin.second, kBinSize, kBinSize},
        {.fill = series_colour(n),
         .opacity = 0.15 + 0.85 * share,
         .tip = fmt::format("{}: {} points", series.name, core::format_number(static_cast<double>(count)))});
  }
}

void draw_diagonal(Axes& axes, const Scales& scales) {
  const double from = std::max(scales.x.from(), scales.y.from()), to = std::min(scales.x.to(), scales.y.to());
  if (!(from < to)) return;
  axes.svg().line({axes.x(from), axes.y(from)}, {axes.x(to), axes.y(to)},
                  {.stroke = "currentColor", .opacity = 0.6, .dashes = "4 4", .tip = "equal"});
}

}  // namespace

std::string draw(const ScatterChart& chart) {
  std::vector<double> xs, ys;
  AxesOptions options;
  for (const auto& series : chart.series) {
    const std::size_t before = xs.size();
    for (const auto& point : series.points) {
      if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
      xs.push_back(point.x);
      ys.push_back(point.y);
    }
    options.series.push_back(xs.size() > before ? series.name
                                                : fmt::format("{} ({})", series.name, core::kNoValueText));
  }
  const Scales scales{scale_for(chart.x, xs), scale_for(chart.y, ys)};
  std::size_t n_hidden = 0;
  for (std::size_t i = 0; i < xs.size(); ++i) n_hidden += scales.x.shows(xs[i]) && scales.y.shows(ys[i]) ? 0 : 1;
  const bool binned = xs.size() > kMostSinglePoints;
  options.title = chart.title;
  options.x_title = chart.x.title;
  options.y_title = chart.y.title;
  options.legend = binned ? AxesOptions::Legend::kSquares : AxesOptions::Legend::kMarkers;
  options.x = scales.x;
  options.note = note_of_hidden(n_hidden);
  Axes axes(options, scales.y);
  axes.begin_values();
  if (xs.empty()) axes.draw_no_data();
  if (chart.diagonal) draw_diagonal(axes, scales);
  for (std::size_t n = 0; n < chart.series.size(); ++n) {
    (binned ? draw_bins : draw_points)(axes, scales, chart.series[n], n);
  }
  return axes.finish();
}

}  // namespace sctab::charts
