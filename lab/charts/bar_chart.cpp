#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "lab/charts/axes.hpp"
#include "lab/charts/chart.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"

// Charts with names along x: bars and boxes.
namespace sctab::charts {
namespace {

/// Shown where a bar or box without values would be.
void draw_missing(Axes& axes, double middle) {
  axes.svg().text({middle + 4, axes.area().bottom() - 4}, core::kNoValueText, {.size = 11, .rotation = -90});
}

void draw_bar(Axes& axes, const Scale& scale, const Estimate& estimate, const Rect& slot, std::size_t series,
              const std::string& tip) {
  const double middle = slot.x + slot.width / 2;
  if (!has_values(estimate)) return draw_missing(axes, middle);
  if (scale.has_place(estimate.mean)) {
    const double base = axes.y(std::clamp(0.0, scale.from(), scale.to()));
    const double end = axes.y(estimate.mean);
    const double gap = std::min(1.0, 0.1 * slot.width);
    axes.svg().rect({slot.x + gap, std::min(base, end), slot.width - 2 * gap, std::abs(end - base)},
                    {.fill = series_colour(series), .tip = tip});
  }
  axes.draw_spread(estimate, middle, std::min(slot.width / 4, 10.0), "currentColor");
}

std::string tip_of(const std::string& name, const BoxSummary& box) {
  return fmt::format("{}: median {}, quartiles {} and {}, {} values", name, core::format_number(box.median),
                     core::format_number(box.lower_quartile), core::format_number(box.upper_quartile),
                     core::format_number(static_cast<double>(box.n)));
}

// Clamped to the axis, so that a box that starts below 0 is still drawn on a logarithmic one.
double clamped_y(const Axes& axes, const Scale& scale, double value) {
  return scale.has_place(value) ? axes.y(value) : axes.area().bottom();
}

void draw_box(Axes& axes, const Scale& scale, const std::string& name, const BoxSummary& box, std::size_t n) {
  const double middle = axes.slot_begin(n) + axes.slot_width() / 2;
  if (box.n == 0) return draw_missing(axes, middle);
  const double half = std::min(0.35 * axes.slot_width(), 40.0);
  const auto at = [&](double value) { return clamped_y(axes, scale, value); };
  const Paint thin{.stroke = "currentColor", .stroke_width = 1.5};
  axes.svg().line({middle, at(box.upper_whisker)}, {middle, at(box.upper_quartile)}, thin);
  axes.svg().line({middle, at(box.lower_quartile)}, {middle, at(box.lower_whisker)}, thin);
  for (const double whisker : {box.lower_whisker, box.upper_whisker}) {
    axes.svg().line({middle - half / 2, at(whisker)}, {middle + half / 2, at(whisker)}, thin);
  }
  const double top = at(box.upper_quartile);
  axes.svg().rect({middle - half, top, 2 * half, at(box.lower_quartile) - top},
                  {.fill = series_colour(0), .stroke = "currentColor", .tip = tip_of(name, box)});
  axes.svg().line({middle - half, at(box.median)}, {middle + half, at(box.median)},
                  {.stroke = "currentColor", .stroke_width = 2.5});
  std::set<long> drawn;  // one point per pixel is enough
  for (const double outlier : box.outliers) {
    if (!scale.shows(outlier) || !drawn.insert(std::lround(axes.y(outlier))).second) continue;
    axes.svg().marker(0, {middle, axes.y(outlier)}, 2.5,
                      {.fill = "currentColor", .opacity = 0.6, .tip = core::format_number(outlier)});
  }
}

}  // namespace

std::string draw(const BarChart& chart) {
  SCTAB_ASSERT(chart.estimates.size() == chart.series.size());
  std::vector<double> values;
  for (const auto& of_series : chart.estimates) {
    SCTAB_ASSERT(of_series.size() == chart.groups.size());
    for (const auto& estimate : of_series) collect(estimate, chart.y, values);
  }
  const Scale scale = scale_for(chart.y, values, true);
  const auto n_series = static_cast<double>(std::max<std::size_t>(chart.series.size(), 1));
  AxesOptions options;
  options.title = chart.title;
  options.y_title = chart.y.title;
  options.series = chart.series;
  options.names = chart.groups;
  options.least_slot = 5 * n_series + 6;
  options.note = note_of_hidden(n_outside(scale, values));
  Axes axes(options, scale);
  axes.begin_values();
  if (chart.groups.empty() || chart.series.empty()) axes.svg().no_value(axes.area());
  const double inner = 0.82 * axes.slot_width();
  for (std::size_t g = 0; g < chart.groups.size(); ++g) {
    for (std::size_t s = 0; s < chart.series.size(); ++s) {
      const Estimate& estimate = chart.estimates[s][g];
      const double width = std::min(inner / n_series, 70.0);
      const double begin = axes.slot_begin(g) + axes.slot_width() / 2 - width * n_series / 2;
      const Rect slot{begin + width * static_cast<double>(s), axes.area().y, width, axes.area().height};
      draw_bar(axes, scale, estimate, slot, s,
               fmt::format("{}, {}: {}", chart.groups[g], chart.series[s],
                           core::format_with_deviation(estimate.mean, estimate.deviation)));
    }
  }
  return axes.finish();
}

std::string draw(const BoxChart& chart) {
  std::vector<BoxSummary> boxes;
  std::vector<double> ends;
  AxesOptions options;
  for (const auto& box : chart.boxes) {
    boxes.push_back(summarise(box.values));
    ends.push_back(boxes.back().least);
    ends.push_back(boxes.back().greatest);
    options.names.push_back(box.name);
  }
  const Scale scale = scale_for(chart.y, ends);
  std::size_t n_hidden = 0;
  for (const auto& box : chart.boxes) n_hidden += n_outside(scale, box.values);
  options.title = chart.title;
  options.y_title = chart.y.title;
  options.least_slot = 24;
  options.note = note_of_hidden(n_hidden);
  Axes axes(options, scale);
  axes.begin_values();
  if (boxes.empty()) axes.svg().no_value(axes.area());
  for (std::size_t n = 0; n < boxes.size(); ++n) draw_box(axes, scale, chart.boxes[n].name, boxes[n], n);
  return axes.finish();
}

}  // namespace sctab::charts
