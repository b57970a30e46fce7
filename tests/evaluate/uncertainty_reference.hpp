#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace sctab::tests {

/// The definition: of all pairs of a positive and a negative, the share where the positive scores higher, ties half.
inline double roc_auc_reference(const std::vector<double>& scores, const std::vector<std::uint8_t>& positive) {
  double won = 0, pairs = 0;
  for (std::size_t p = 0; p < scores.size(); ++p) {
    for (std::size_t n = 0; n < scores.size(); ++n) {
      if (positive[p] == 0 || positive[n] != 0) continue;
      ++pairs;
      won += scores[p] > scores[n] ? 1.0 : scores[p] == scores[n] ? 0.5 : 0.0;
    }
  }
  return pairs > 0 ? won / pairs : std::numeric_limits<double>::quiet_NaN();
}

/// Expected calibration error, one pass over all cells for each bin.
inline double calibration_error_reference(const std::vector<double>& probabilities,
                                          const std::vector<std::uint8_t>& right, int n_bins) {
  double error = 0;
  for (int bin = 0; bin < n_bins; ++bin) {
    const double lower = static_cast<double>(bin) / n_bins, upper = static_cast<double>(bin + 1) / n_bins;
    double n = 0, sum = 0, n_right = 0;
    for (std::size_t cell = 0; cell < probabilities.size(); ++cell) {
      const bool inside = probabilities[cell] > lower || (bin == 0 && probabilities[cell] == 0);
      if (!inside || probabilities[cell] > upper) continue;
      ++n;
      sum += probabilities[cell];
      n_right += right[cell] != 0 ? 1 : 0;
    }
    if (n > 0) error += n / static_cast<double>(probabilities.size()) * std::abs(n_right / n - sum / n);
  }
  return error;
}

}  // namespace sctab::tests
