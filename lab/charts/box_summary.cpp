#include "lab/charts/box_summary.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sctab::charts {
namespace {

double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

BoxSummary summarise(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  BoxSummary box;
  box.n = values.size();
  if (values.empty()) return box;
  std::sort(values.begin(), values.end());
  box.least = values.front();
  box.greatest = values.back();
  box.lower_quartile = quantile(values, 0.25);
  box.median = quantile(values, 0.5);
  box.upper_quartile = quantile(values, 0.75);
  box.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  const double reach = 1.5 * (box.upper_quartile - box.lower_quartile);
  box.lower_whisker = *std::lower_bound(values.begin(), values.end(), box.lower_quartile - reach);
  box.upper_whisker = *std::prev(std::upper_bound(values.begin(), values.end(), box.upper_quartile + reach));
  for (const double value : values) {
    if (value < box.lower_whisker || value > box.upper_whisker) box.outliers.push_back(value);
  }
  return box;
}

}  // namespace sctab::charts
