#pragma once

#include <vector>

#include "lab/charts/chart.hpp"

namespace sctab::charts {

/// The numbers that a box plot shows. All are kNoValue if there are no values.
struct BoxSummary {
  std::size_t n = 0;
  double least = kNoValue, lower_whisker = kNoValue, lower_quartile = kNoValue, median = kNoValue;
  double upper_quartile = kNoValue, upper_whisker = kNoValue, greatest = kNoValue, mean = kNoValue;
  std::vector<double> outliers;  // beyond the whiskers, in order
};

/// Ignores values that are not finite. Quartiles are interpolated, as in NumPy's percentile.
BoxSummary summarise(std::vector<double> values);

}  // namespace sctab::charts
