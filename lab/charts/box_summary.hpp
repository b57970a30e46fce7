#pragma once

#include <vector>

#include "lab/charts/chart.hpp"

namespace sctab::charts {

/// What a box shows of some values. All kNoValue where there are none.
struct BoxSummary {
  std::size_t n = 0;
  double least = kNoValue, lower_whisker = kNoValue, lower_quartile = kNoValue, median = kNoValue;
  double upper_quartile = kNoValue, upper_whisker = kNoValue, greatest = kNoValue, mean = kNoValue;
  std::vector<double> outliers;  // beyond the whiskers, in order
};

/// Values that are not finite are left out. Quartiles lie between the values, as in NumPy's percentile.
BoxSummary summarise(std::vector<double> values);

}  // namespace sctab::charts
