#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::evaluate {

using core::TypeIndex;

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

/// The area under the ROC curve of a score that is to be high for positives: the chance that a positive scores higher
/// than a negative, each taken at random, where a tie counts half. positive: 1 or 0 for each score.
/// NaN where there are no positives or no negatives, and where a score is NaN. O(n log n).
double roc_auc(std::span<const double> scores, std::span<const std::uint8_t> positive);

/// Whether uncertainty, 1 - the probability of the call, tells which calls to trust. A type is known to a model where
/// some call that it can make would be right for it, and absent otherwise.
struct Uncertainty {
  double macro_f1 = 0;          // of these calls on all cells, ontology-corrected
  double auc_right_wrong = 0;   // area under the ROC curve: wrong calls the more uncertain, among cells of known types
  double auc_known_absent = 0;  // cells of absent types the more uncertain
  std::int64_t n_right = 0, n_wrong = 0;  // cells of known types, ontology-corrected; no call is wrong
  std::int64_t n_absent = 0;              // cells of absent types
  Calibration calibration;                // of calls of cells of known types: cells without a call are left out
};

/// A call for each cell. types: label positions, kNoCall for none; probabilities: in [0, 1], 0 for no call.
struct Calls {
  std::vector<TypeIndex> types;
  std::vector<double> probabilities;
};

/// truths: label positions, below subtypes.size(), of each cell; those with -1 are left out. is_known: 1 or 0 for each
/// label. The areas are NaN where one of the two sides has no cells.
Uncertainty assess_uncertainty(std::span<const TypeIndex> truths, const Calls& calls,
                               const ontology::SubtypeMatrix& subtypes, std::span<const std::uint8_t> is_known);

/// What becomes of the cells of a type that the model does not know.
struct AbsentType {
  TypeIndex type = 0;
  std::int64_t n_cells = 0;
  double auc_known = 0;       // its cells the more uncertain, against those of known types; NaN without such
  TypeIndex most_called = 0;  // the first of ties; kNoCall if most have no call
  std::int64_t n_called = 0;  // cells called so
};

/// One entry for each absent type that has cells, in order. The arguments are those of assess_uncertainty().
std::vector<AbsentType> absent_types(std::span<const TypeIndex> truths, const Calls& calls,
                                     std::span<const std::uint8_t> is_known);

}  // namespace sctab::evaluate
