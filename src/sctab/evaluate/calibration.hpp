#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sctab::evaluate {

/// Calls whose probability lies in (lower, upper]; 0 belongs to the first bin.
struct ReliabilityBin {
  double lower = 0, upper = 0;
  std::int64_t n_cells = 0;
  double mean_probability = 0, share_right = 0;  // NaN where n_cells is 0
};

/// Do calls of probability 0.9 come true nine times in ten?
struct Calibration {
  std::vector<ReliabilityBin> bins;  // of equal width over [0, 1]
  /// Mean over cells of |share_right - mean_probability| of their bin (Guo et al. 2017). NaN without cells.
  double expected_calibration_error = 0;
};

inline constexpr std::size_t kReliabilityBins = 15;  // as in Guo et al.

/// probabilities: of the call that was made, in [0, 1]; what rounding leaves above 1 counts as 1. right: 1 or 0 for
/// each. A probability that is NaN is in no bin and makes the error NaN.
Calibration calibrate(std::span<const double> probabilities, std::span<const std::uint8_t> right,
                      std::size_t n_bins = kReliabilityBins);

}  // namespace sctab::evaluate
