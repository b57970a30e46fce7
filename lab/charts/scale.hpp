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

/// From values to places along an axis, linear or logarithmic.
class Scale {
 public:
  /// from < to; both above 0 where logarithmic. whole: marks at whole numbers alone.
  Scale(double from, double to, bool logarithmic, bool whole = false);

  [[nodiscard]] double from() const { return from_; }
  [[nodiscard]] double to() const { return to_; }
  [[nodiscard]] bool logarithmic() const { return logarithmic_; }
  /// False for NaN, infinities, and on a logarithmic scale what is not above 0: these have no place at all.
  [[nodiscard]] bool has_place(double value) const;
  /// Also within the axis.
  [[nodiscard]] bool shows(double value) const;
  /// 0 at from, 1 at to; values outside lie outside. For values that have a place.
  [[nodiscard]] double place(double value) const;
  /// Three to ten marks, at round numbers.
  [[nodiscard]] std::vector<Tick> ticks() const;

 private:
  [[nodiscard]] std::vector<Tick> linear_ticks() const;
  double from_, to_;
  bool logarithmic_, whole_;
};

/// The scale that shows all of these values, ended at round numbers, or where the axis says. from_zero: bars begin
/// there, so it shows 0 (unless the axis says otherwise or is logarithmic).
Scale scale_for(const Axis& axis, const std::vector<double>& values, bool from_zero = false);

/// Adds what an estimate draws: mean, ends of its error bar (no further than the axis can go), single values.
void collect(const Estimate& estimate, const Axis& axis, std::vector<double>& values);
/// Whether it draws anything.
bool has_values(const Estimate& estimate);

}  // namespace sctab::charts
