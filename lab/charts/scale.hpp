#pragma once

#include <string>
#include <vector>

#include "lab/charts/chart.hpp"

namespace sctab::charts {

/// A mark of an axis.
struct Tick {
  double value = 0;
  std::string label;
};

/// Maps values to places along an axis, linear or logarithmic.
class Scale {
 public:
  /// from < to; both above 0 if logarithmic. whole: marks at whole numbers only.
  Scale(double from, double to, bool logarithmic, bool whole = false);

  [[nodiscard]] double from() const { return from_; }
  [[nodiscard]] double to() const { return to_; }
  [[nodiscard]] bool logarithmic() const { return logarithmic_; }
  /// False for values without any place: NaN, infinities and, on a logarithmic scale, 0 and less.
  [[nodiscard]] bool has_place(double value) const;
  /// Whether the value has a place within the axis.
  [[nodiscard]] bool shows(double value) const;
  /// 0 at from, 1 at to, outside [0, 1] beyond them. The value must have a place.
  [[nodiscard]] double place(double value) const;
  /// Three to ten marks at round numbers.
  [[nodiscard]] std::vector<Tick> ticks() const;

 private:
  [[nodiscard]] std::vector<Tick> linear_ticks() const;
  double from_, to_;
  bool logarithmic_, whole_;
};

/// A scale that shows all of these values and ends at round numbers, or where the axis says. from_zero: includes 0,
/// where bars start (unless the axis says otherwise or is logarithmic).
Scale scale_for(const Axis& axis, const std::vector<double>& values, bool from_zero = false);

/// Adds the values that an estimate draws: its mean, the ends of its error bar (clamped to the axis), single values.
void collect(const Estimate& estimate, const Axis& axis, std::vector<double>& values);
/// Whether it draws anything.
bool has_values(const Estimate& estimate);

}  // namespace sctab::charts
