#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/charts/axes.hpp"
#include "lab/charts/chart.hpp"
#include "lab/charts/palette.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::charts {
namespace {

void draw_bar(Axes& axes, const Scale& scale, const Estimate& estimate, const Rect& slot, std::size_t series,
              const std::string& tip) {
  const double middle = slot.x + slot.width / 2;
  if (!has_values(estimate)) {
    axes.svg().text({middle + 4, axes.area().bottom() - 4}, core::kNoValueText, {.size = 11, .rotation = -90});
    return;
  }
  if (scale.has_place(estimate.mean)) {
    const double base = axes.y(std::clamp(0.0, scale.from(), scale.to()));
    const double end = axes.y(estimate.mean);
    const double gap = std::min(1.0, 0.1 * slot.width);
    axes.svg().rect({slot.x + gap, std::min(base, end), slot.width - 2 * gap, std::abs(end - base)},
                    {.fill = series_colour(series), .tip = tip});
  }
  axes.draw_spread(estimate, middle, std::min(slot.width / 4, 10.0), "currentColor");
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
  options.note = note_of_hidden(static_cast<std::size_t>(std::count_if(
      values.begin(), values.end(), [&](double value) { return std::isfinite(value) && !scale.shows(value); })));
  Axes axes(options, scale);
  axes.begin_values();
  if (chart.groups.empty() || chart.series.empty()) axes.draw_no_data();
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

}  // namespace sctab::charts
