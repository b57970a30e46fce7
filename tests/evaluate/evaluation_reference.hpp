#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace sctab::tests {

/// F1 scores cell by cell from the definitions, one pass over all cells for each type. only_true: macro means are over
/// the types that are some cell's truth.
struct ReferenceScores {
  double macro_f1 = 0, weighted_f1 = 0, micro_f1 = 0, macro_precision = 0, macro_recall = 0;
  std::vector<double> f1, precision, recall;  // NaN where the type occurs in neither
};

inline ReferenceScores score_reference(const std::vector<std::int32_t>& truths,
                                       const std::vector<std::int32_t>& predictions, std::int32_t n_types,
                                       bool only_true = false) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ReferenceScores scores;
  double n_present = 0, n_right = 0;
  for (std::int32_t type = 0; type < n_types; ++type) {
    double true_positive = 0, false_positive = 0, false_negative = 0;
    for (std::size_t cell = 0; cell < truths.size(); ++cell) {
      if (truths[cell] == type && predictions[cell] == type) ++true_positive;
      if (truths[cell] != type && predictions[cell] == type) ++false_positive;
      if (truths[cell] == type && predictions[cell] != type) ++false_negative;
    }
    const double n_true = true_positive + false_negative, n_predicted = true_positive + false_positive;
    const bool present = n_true + n_predicted > 0;
    const double precision = n_predicted > 0 ? true_positive / n_predicted : 0;
    const double recall = n_true > 0 ? true_positive / n_true : 0;
    const double f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
    scores.f1.push_back(present ? f1 : nan);
    scores.precision.push_back(present ? precision : nan);
    scores.recall.push_back(present ? recall : nan);
    if (only_true ? n_true == 0 : !present) continue;
    ++n_present;
    n_right += true_positive;
    scores.macro_f1 += f1;
    scores.macro_precision += precision;
    scores.macro_recall += recall;
    scores.weighted_f1 += f1 * n_true;
  }
  const auto n_cells = static_cast<double>(truths.size());
  scores.macro_f1 /= n_present;
  scores.macro_precision /= n_present;
  scores.macro_recall /= n_present;
  scores.weighted_f1 /= n_cells;
  scores.micro_f1 = n_right / n_cells;
  return scores;
}

}  // namespace sctab::tests
