#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/charts/axes.hpp"
#include "lab/charts/chart.hpp"
#include "lab/charts/palette.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::charts {
namespace {

std::vector<LineChart::Point> in_order_of_x(std::vector<LineChart::Point> points) {
  std::erase_if(points, [](const auto& point) { return !std::isfinite(point.x); });
  std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
  return points;
}

struct Scales {
  Scale x, y;
};

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
    options.series.push_back(any ? series.name : fmt::format("{} ({})", series.name, core::kNoValueText));
  }
  const Scales scales{scale_for(chart.x, xs), scale_for(chart.y, ys)};
  const auto hidden = [](const Scale& scale, const std::vector<double>& values) {
    return static_cast<std::size_t>(std::count_if(
        values.begin(), values.end(), [&](double value) { return std::isfinite(value) && !scale.shows(value); }));
  };
  options.title = chart.title;
  options.x_title = chart.x.title;
  options.y_title = chart.y.title;
  options.legend = AxesOptions::Legend::kMarkers;
  options.x = scales.x;
  options.note = note_of_hidden(hidden(scales.x, xs) + hidden(scales.y, ys));
  Axes axes(options, scales.y);
  axes.begin_values();
  if (xs.empty()) axes.draw_no_data();
  for (std::size_t n = 0; n < chart.series.size(); ++n) draw_series(axes, scales, chart.series[n], n);
  return axes.finish();
}

}  // namespace sctab::charts
