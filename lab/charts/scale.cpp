#include "lab/charts/scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::charts {
namespace {

constexpr int kMostTicks = 50;  // a linear axis has about five

// The distance of about five marks over a range: 1, 2 or 5 times a power of ten.
double round_step(double range, bool whole) {
  if (whole) range = std::max(range, 5.0);
  const double rough = range / 5;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * 0.8) return factor * power;
  }
  return 10 * power;
}

struct Range {
  double from = 0, to = 1;
};

Range range_of(const std::vector<double>& values, bool logarithmic) {
  bool any = false;
  Range range;
  for (const double value : values) {
    if (!std::isfinite(value) || (logarithmic && !(value > 0))) continue;
    range.from = any ? std::min(range.from, value) : value;
    range.to = any ? std::max(range.to, value) : value;
    any = true;
  }
  if (!any) return logarithmic ? Range{1, 10} : Range{0, 1};
  return range;
}

// Values that differ by less than this fraction of their size differ only by rounding.
constexpr double kRounding = 1e-9;

bool is_narrow(Range range) {
  return !(range.to - range.from > kRounding * std::max(std::abs(range.from), std::abs(range.to)));
}

Range widened(Range range, bool logarithmic) {
  if (logarithmic) return {range.from / 1.25, range.to * 1.25};
  if (!is_narrow(range)) return range;
  const double margin = range.from == 0 ? 1 : 0.1 * std::abs(range.from);
  return {range.from - margin, range.to + margin};
}

}  // namespace

Scale::Scale(double from, double to, bool logarithmic, bool whole)
    : from_(from), to_(to), logarithmic_(logarithmic), whole_(whole) {
  SCTAB_ASSERT(std::isfinite(from) && std::isfinite(to) && from < to && (!logarithmic || from > 0));
}

bool Scale::has_place(double value) const {
  return std::isfinite(value) && (!logarithmic_ || value > 0);
}

bool Scale::shows(double value) const {
  if (!has_place(value)) return false;
  const double at = place(value);
  return at >= -1e-9 && at <= 1 + 1e-9;
}

double Scale::place(double value) const {
  if (logarithmic_) return std::log(value / from_) / std::log(to_ / from_);
  return (value - from_) / (to_ - from_);
}

std::vector<Tick> Scale::linear_ticks() const {
  const double step = round_step(to_ - from_, whole_);
  std::vector<Tick> ticks;
  const double first = std::ceil(from_ / step - 1e-9), last = std::floor(to_ / step + 1e-9);
  // Counted with an integer: on a short axis far from 0, adding the step may change nothing.
  for (int i = 0; i < kMostTicks && first + i <= last; ++i) {
    const double value = (first + i) * step;
    ticks.push_back({value, core::format_tick(value, step)});
  }
  return ticks;
}

std::vector<Tick> Scale::ticks() const {
  if (!logarithmic_) return linear_ticks();
  const double decades = std::log10(to_ / from_);
  if (decades < 0.7) return linear_ticks();
  const auto every = std::max(1, static_cast<int>(std::ceil(decades / 9)));
  const int first = static_cast<int>(std::floor(std::log10(from_) + 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(to_) + 1e-9));
  std::vector<Tick> ticks;
  for (int decade = first; decade <= last; ++decade) {
    if (every > 1 && decade % every != 0) continue;
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double power = std::pow(10.0, decade);
      if (factor > 1 && decades > 3) break;
      if (shows(factor * power)) ticks.push_back({factor * power, core::format_tick(factor * power, power)});
    }
  }
  return ticks;
}

Scale scale_for(const Axis& axis, const std::vector<double>& values, bool from_zero) {
  const bool log = axis.logarithmic;
  Range range = range_of(values, log);
  if (from_zero && !log) range = {std::min(range.from, 0.0), std::max(range.to, 0.0)};
  range = widened(range, log);
  const auto given = [log](double end) { return std::isfinite(end) && (!log || end > 0); };
  const bool from_given = given(axis.from), to_given = given(axis.to);
  if (from_given) range.from = axis.from;
  if (to_given) range.to = axis.to;
  if (is_narrow(range)) {  // a given end lies beyond all values
    const double span = std::max(std::abs(range.from), 1.0);
    if (to_given) range.from = log ? range.to / 10 : range.to - span;
    if (!to_given) range.to = log ? range.from * 10 : range.from + span;
  }
  for (int i = 0; i < 2 && !log; ++i) {  // a wider range may have larger steps
    const double step = round_step(range.to - range.from, axis.whole);
    if (!from_given) range.from = std::floor(range.from / step + 1e-9) * step;
    if (!to_given) range.to = std::ceil(range.to / step - 1e-9) * step;
  }
  const bool may_end = std::isfinite(axis.at_most) && range.from < axis.at_most && !to_given;
  if (may_end) range.to = std::min(range.to, axis.at_most);
  return {range.from, range.to, log, axis.whole};
}

void collect(const Estimate& estimate, const Axis& axis, std::vector<double>& values) {
  values.push_back(estimate.mean);
  if (std::isfinite(estimate.deviation)) {
    values.push_back(estimate.mean - estimate.deviation);
    values.push_back(std::fmin(estimate.mean + estimate.deviation, axis.at_most));  // NaN: no bound
  }
  values.insert(values.end(), estimate.values.begin(), estimate.values.end());
}

bool has_values(const Estimate& estimate) {
  return std::isfinite(estimate.mean) ||
         std::any_of(estimate.values.begin(), estimate.values.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace sctab::charts
