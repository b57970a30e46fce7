#include "sctab/evaluate/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sctab/core/error.hpp"

namespace sctab::evaluate {

Calibration calibrate(std::span<const double> probabilities, std::span<const std::uint8_t> right, std::size_t n_bins) {
  SCTAB_ASSERT(probabilities.size() == right.size() && n_bins > 0);
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  const auto width = static_cast<double>(n_bins);
  Calibration calibration;
  for (std::size_t bin = 0; bin < n_bins; ++bin) {
    const auto at = static_cast<double>(bin);
    calibration.bins.push_back({.lower = at / width, .upper = (at + 1) / width});
  }
  bool all_numbers = true;
  for (std::size_t cell = 0; cell < probabilities.size(); ++cell) {
    const double probability = std::min(probabilities[cell], 1.0);
    if (std::isnan(probabilities[cell])) {
      all_numbers = false;
      continue;
    }
    SCTAB_ASSERT(probability >= 0);
    auto bin = static_cast<std::size_t>(std::max(std::ceil(probability * width) - 1, 0.0));
    // The product rounds: the bins' ends, as they are shown, decide.
    if (bin > 0 && probability <= calibration.bins[bin].lower) --bin;
    if (probability > calibration.bins[bin].upper) ++bin;
    ReliabilityBin& found = calibration.bins[bin];
    ++found.n_cells;
    found.mean_probability += probability;
    found.share_right += right[cell] != 0 ? 1 : 0;
  }

  double error = 0, n_cells = 0;
  for (ReliabilityBin& bin : calibration.bins) {
    const double n = bin.n_cells == 0 ? kNaN : static_cast<double>(bin.n_cells);
    bin.mean_probability /= n;
    bin.share_right /= n;
    if (bin.n_cells == 0) continue;
    error += n * std::abs(bin.share_right - bin.mean_probability);
    n_cells += n;
  }
  calibration.expected_calibration_error = all_numbers && n_cells > 0 ? error / n_cells : kNaN;
  return calibration;
}

}  // namespace sctab::evaluate
