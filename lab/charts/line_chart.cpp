#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "lab/charts/axes.hpp"
#include "lab/charts/chart.hpp"
#include "sctab/core/numbers.hpp"

// Charts with numbers along x: lines and points.
namespace sctab::charts {
namespace {

constexpr double kBinSize = 8;  // pixels

struct Scales {
  Scale x, y;
  [[nodiscard]] bool shows(const ScatterChart::Point& point) const { return x.shows(point.x) && y.shows(point.y); }
};

std::string legend_of(const std::string& series, bool has_points) {
  return has_points ? series : fmt::format("{} ({})", series, core::kNoValueText);
}

std::vector<LineChart::Point> in_order_of_x(std::vector<LineChart::Point> points) {
  std::erase_if(points, [](const auto& point) { return !std::isfinite(point.x); });
  std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
  return points;
}

void draw_series(Axes& axes, const Scales& scales, const LineChart::Series& series, std::size_t n) {
  const std::string_view colour = series_colour(n);
  constexpr std::string_view dashes[] = {"", "6 3", "2 3"};
  const std::vector<LineChart::Point> points = in_order_of_x(series.points);
  std::vector<Point> line;
  const auto end_line = [&] {
    if (line.size() > 1) axes.svg().polyline(line, {.stroke = colour, .stroke_width = 2, .dashes = dashes[n / 6 % 3]});
    line.clear();
  };
  for (const auto& point : points) {
    if (scales.x.has_place(point.x) && scales.y.has_place(point.y.mean)) {
      line.push_back({axes.x(point.x), axes.y(point.y.mean)});
    } else {
      end_line();
    }
  }
  end_line();
  for (const auto& point : points) {
    if (!scales.x.has_place(point.x)) continue;
    axes.draw_spread(point.y, axes.x(point.x), 4, colour);
    if (!scales.y.has_place(point.y.mean)) continue;
    axes.svg().marker(
        n, {axes.x(point.x), axes.y(point.y.mean)}, 4.5,
        {.fill = colour,
         .tip = fmt::format("{}: {} at {}", series.name, core::format_with_deviation(point.y.mean, point.y.deviation),
                            core::format_number(point.x))});
  }
}

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

std::string draw(const LineChart& chart) {
  std::vector<double> xs, ys;
  AxesOptions options;
  for (const auto& series : chart.series) {
    bool any = false;
    for (const auto& point : series.points) {
      if (!has_values(point.y) || !std::isfinite(point.x)) continue;
      any = true;
      xs.push_back(point.x);
      collect(point.y, chart.y, ys);
    }
    options.series.push_back(legend_of(series.name, any));
  }
  const Scales scales{scale_for(chart.x, xs), scale_for(chart.y, ys)};
  options.title = chart.title;
  options.x_title = chart.x.title;
  options.y_title = chart.y.title;
  options.legend = AxesOptions::Legend::kMarkers;
  options.x = scales.x;
  options.note = note_of_hidden(n_outside(scales.x, xs) + n_outside(scales.y, ys));
  Axes axes(options, scales.y);
  axes.begin_values();
  if (xs.empty()) axes.svg().no_value(axes.area());
  for (std::size_t n = 0; n < chart.series.size(); ++n) draw_series(axes, scales, chart.series[n], n);
  return axes.finish();
}

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
    options.series.push_back(legend_of(series.name, xs.size() > before));
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
  if (xs.empty()) axes.svg().no_value(axes.area());
  if (chart.diagonal) draw_diagonal(axes, scales);
  for (std::size_t n = 0; n < chart.series.size(); ++n) {
    (binned ? draw_bins : draw_points)(axes, scales, chart.series[n], n);
  }
  return axes.finish();
}

}  // namespace sctab::charts
