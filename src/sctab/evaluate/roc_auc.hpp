#pragma once

#include <cstdint>
#include <span>

namespace sctab::evaluate {

/// The area under the ROC curve of a score that is to be high for positives: the chance that a positive scores higher
/// than a negative, each taken at random, where a tie counts half. positive: 1 or 0 for each score.
/// NaN where there are no positives or no negatives, and where a score is NaN. O(n log n).
double roc_auc(std::span<const double> scores, std::span<const std::uint8_t> positive);

}  // namespace sctab::evaluate
