#include "lab/charts/axes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sctab/core/numbers.hpp"

namespace sctab::charts {
namespace {

constexpr double kWidth = 720, kPlotHeight = 300;
constexpr double kSlant = 40;  // degrees, for names that do not fit side by side
constexpr std::size_t kMostNameCharacters = 32;
constexpr double kOverhang = 7;  // room for markers at the ends of the axes

double radians(double degrees) {
  return degrees * std::acos(-1.0) / 180;
}

}  // namespace

Axes::Layout Axes::lay_out(const AxesOptions& options, const Scale& y) {
  Layout layout;
  double left = kMargin + (options.y_title.empty() ? 0 : kLineHeight);
  double mark_width = 0;
  for (const Tick& tick : y.ticks()) mark_width = std::max(mark_width, text_width(tick.label, kTextSize));
  left += mark_width + 8;
  const auto n_names = static_cast<double>(options.names.size());
  double name_width = 0, first_name_width = 0;
  for (const auto& name : options.names) {
    const double width = text_width(shortened(name, kMostNameCharacters), kTextSize);
    if (&name == &options.names.front()) first_name_width = width;
    name_width = std::max(name_width, width);
  }
  layout.width = std::max(kWidth, left + kMargin + n_names * std::max(options.least_slot, 14.0));
  double slot = n_names == 0 ? 0 : (layout.width - left - kMargin) / n_names;
  layout.slanted = name_width > slot - 6;
  if (layout.slanted && n_names > 0) {  // keep a long first name inside the picture
    left = std::max(left, first_name_width * std::cos(radians(kSlant)) - slot / 2 + kMargin);
  }

  layout.title = wrapped(options.title, kTitleSize, layout.width - 2 * kMargin);
  double top = kMargin + kLineHeight * static_cast<double>(layout.title.size());
  if (options.series.size() > 1) {
    double at = left;
    for (const auto& name : options.series) {
      const double width = 24 + text_width(name, kTextSize);
      if (at > left && at + width > layout.width - kMargin) {
        at = left;
        top += kLineHeight;
      }
      layout.legend.push_back({at, top + 4});
      at += width + 8;
    }
    top += kLineHeight;
  }
  layout.area = {left, top + 12, layout.width - left - kMargin, kPlotHeight};
  const double names_height = layout.slanted ? name_width * std::sin(radians(kSlant)) + 18 : 26;
  layout.after_names = layout.area.bottom() + names_height;
  layout.height = layout.after_names + kMargin;
  if (!options.x_title.empty()) layout.height += kLineHeight;
  if (!options.note.empty()) layout.height += kLineHeight;
  return layout;
}

Axes::Axes(AxesOptions options, const Scale& y)
    : options_(std::move(options)),
      y_(y),
      layout_(lay_out(options_, y)),
      svg_(layout_.width, layout_.height, options_.title) {
  draw_head();
  draw_y_axis();
  if (options_.x) draw_x_axis();
  draw_names();
  double below = layout_.after_names + kTextSize;
  const TextStyle centred{.anchor = "middle"};
  if (!options_.x_title.empty()) {
    svg_.text({area().x + area().width / 2, below}, options_.x_title, centred);
    below += kLineHeight;
  }
  if (!options_.note.empty()) svg_.text({area().x, below}, options_.note);
}

double Axes::x(double value) const {
  return area().x + area().width * options_.x.value().place(value);
}

double Axes::y(double value) const {
  return area().bottom() - area().height * y_.place(value);
}

double Axes::slot_width() const {
  return area().width / static_cast<double>(std::max<std::size_t>(options_.names.size(), 1));
}

double Axes::slot_begin(std::size_t n) const {
  return area().x + slot_width() * static_cast<double>(n);
}

void Axes::draw_head() {
  svg_.title(layout_.title);
  for (std::size_t n = 0; n < layout_.legend.size(); ++n) {
    const Point at = layout_.legend[n];
    const std::string_view colour = series_colour(n);
    if (options_.legend == AxesOptions::Legend::kSquares) {
      svg_.rect({at.x, at.y, 12, 12}, {.fill = colour});
    } else {
      svg_.marker(n, {at.x + 6, at.y + 6}, 5, {.fill = colour});
    }
    svg_.text({at.x + 18, at.y + 10}, options_.series[n]);
  }
}

void Axes::draw_y_axis() {
  for (const Tick& tick : y_.ticks()) {
    const double at = y(tick.value);
    svg_.line({area().x, at}, {area().right(), at}, {.stroke = "currentColor", .opacity = 0.15});
    svg_.text({area().x - 6, at + 4}, tick.label, {.anchor = "end"});
  }
  svg_.line({area().x, area().y}, {area().x, area().bottom()}, {.stroke = "currentColor", .opacity = 0.6});
  svg_.line({area().x, area().bottom()}, {area().right(), area().bottom()}, {.stroke = "currentColor", .opacity = 0.6});
  if (options_.y_title.empty()) return;
  svg_.text({kMargin + 6, area().y + area().height / 2}, options_.y_title, {.anchor = "middle", .rotation = -90});
}

void Axes::draw_x_axis() {
  for (const Tick& tick : options_.x->ticks()) {
    const double at = x(tick.value);
    svg_.line({at, area().y}, {at, area().bottom()}, {.stroke = "currentColor", .opacity = 0.08});
    svg_.line({at, area().bottom()}, {at, area().bottom() + 4}, {.stroke = "currentColor", .opacity = 0.6});
    svg_.text({at, area().bottom() + 17}, tick.label, {.anchor = "middle"});
  }
}

void Axes::draw_names() {
  for (std::size_t n = 0; n < options_.names.size(); ++n) {
    const std::string& name = options_.names[n];
    TextStyle style{.anchor = "middle"};
    const std::string shown = shortened(name, kMostNameCharacters);
    if (shown != name) style.tip = name;
    Point at{slot_begin(n) + slot_width() / 2, area().bottom() + 16};
    if (layout_.slanted) {
      style.anchor = "end";
      style.rotation = -kSlant;
      at = {at.x + 4, area().bottom() + 14};
    }
    svg_.text(at, shown, style);
  }
}

void Axes::draw_spread(const Estimate& estimate, double x, double half_width, std::string_view colour) {
  if (std::isfinite(estimate.deviation) && y_.has_place(estimate.mean)) {
    const double above = estimate.mean + estimate.deviation, below = estimate.mean - estimate.deviation;
    const double top = y_.has_place(above) ? y(above) : y(estimate.mean);
    const double bottom =
        y_.has_place(below) ? y(below) : area().bottom() + 2 * kOverhang;  // towards 0, which a log scale lacks
    const Paint paint{.stroke = colour, .stroke_width = 1.5};
    svg_.line({x, top}, {x, bottom}, paint);
    svg_.line({x - half_width, top}, {x + half_width, top}, paint);
    svg_.line({x - half_width, bottom}, {x + half_width, bottom}, paint);
  }
  const auto n = static_cast<double>(estimate.values.size());
  for (std::size_t i = 0; i < estimate.values.size(); ++i) {
    const double value = estimate.values[i];
    if (!y_.has_place(value)) continue;
    const double at = x + 2 * half_width * ((static_cast<double>(i) + 0.5) / n - 0.5);
    svg_.marker(0, {at, y(value)}, 2.5,
                {.fill = "currentColor", .opacity = 0.6, .tip = "single value: " + core::format_number(value)});
  }
}

void Axes::begin_values() {
  svg_.begin_clip(
      {area().x - kOverhang, area().y - kOverhang, area().width + 2 * kOverhang, area().height + 2 * kOverhang});
}

std::string Axes::finish() {
  svg_.end_clip();
  return svg_.str();
}

std::size_t n_outside(const Scale& scale, const std::vector<double>& values) {
  return static_cast<std::size_t>(
      std::ranges::count_if(values, [&scale](double value) { return std::isfinite(value) && !scale.shows(value); }));
}

std::string note_of_hidden(std::size_t n) {
  if (n == 0) return {};
  return fmt::format("{} outside the axes and {} not drawn; the table has {}",
                     n == 1 ? "One value lies" : fmt::format("{} values lie", n), n == 1 ? "is" : "are",
                     n == 1 ? "it" : "them");
}

}  // namespace sctab::charts
