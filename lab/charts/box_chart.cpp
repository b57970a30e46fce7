#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "lab/charts/axes.hpp"
#include "lab/charts/box_summary.hpp"
#include "lab/charts/chart.hpp"
#include "lab/charts/palette.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::charts {
namespace {

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
  if (box.n == 0) {
    axes.svg().text({middle + 4, axes.area().bottom() - 4}, core::kNoValueText, {.size = 11, .rotation = -90});
    return;
  }
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
  for (const auto& box : chart.boxes) {
    for (const double value : box.values) n_hidden += std::isfinite(value) && !scale.shows(value) ? 1 : 0;
  }
  options.title = chart.title;
  options.y_title = chart.y.title;
  options.least_slot = 24;
  options.note = note_of_hidden(n_hidden);
  Axes axes(options, scale);
  axes.begin_values();
  if (boxes.empty()) axes.draw_no_data();
  for (std::size_t n = 0; n < boxes.size(); ++n) draw_box(axes, scale, chart.boxes[n].name, boxes[n], n);
  return axes.finish();
}

}  // namespace sctab::charts
