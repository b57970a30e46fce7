#include "sctab/train/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sctab/core/error.hpp"

namespace sctab::train {

std::vector<double> sampling_rates(std::span<const std::int64_t> cells_per_type, double power) {
  SCTAB_ASSERT(power >= 0 && power <= 1);
  // Rarest first: once the scale is found at which a type is below the cap, all types after it are too.
  std::vector<std::size_t> order(cells_per_type.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t type) { return cells_per_type[type]; });
  double cells_left = 0, weight_left = 0;  // of the types whose rate is not known yet
  for (const std::int64_t n : cells_per_type) {
    if (n == 0) continue;
    cells_left += static_cast<double>(n);
    weight_left += std::pow(static_cast<double>(n), 1 - power);
  }
  std::vector<double> rates(cells_per_type.size(), 0);
  bool capped = true;
  double scale = 0;
  for (const std::size_t type : order) {
    const auto n = static_cast<double>(cells_per_type[type]);
    if (n == 0) continue;
    if (capped) scale = cells_left / weight_left;
    rates[type] = std::min(scale * std::pow(n, -power), kMostShown);
    capped = capped && rates[type] == kMostShown;
    cells_left -= n * kMostShown;
    weight_left -= std::pow(n, 1 - power);
  }
  return rates;
}

std::vector<double> balanced_weights(std::span<const std::int64_t> cells_per_type, std::span<const double> rates) {
  SCTAB_ASSERT(rates.size() == cells_per_type.size());
  double n_shown = 0, n_types = 0;
  for (std::size_t type = 0; type < rates.size(); ++type) {
    n_shown += static_cast<double>(cells_per_type[type]) * rates[type];
    n_types += cells_per_type[type] > 0 ? 1 : 0;
  }
  std::vector<double> weights(rates.size(), 0);
  for (std::size_t type = 0; type < rates.size(); ++type) {
    const double shown = static_cast<double>(cells_per_type[type]) * rates[type];
    if (shown > 0) weights[type] = n_shown / (n_types * shown);
  }
  return weights;
}

std::vector<double> copies_per_type(const CorpusSize& size, const TrainPlan& plan) {
  return plan.sampling_power > 0 ? sampling_rates(size.cells_per_type, plan.sampling_power) : std::vector<double>();
}

}  // namespace sctab::train
