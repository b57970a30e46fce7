#include "sctab/metrics/uncertainty.hpp"

#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/metrics/evaluation.hpp"
#include "sctab/metrics/roc_auc.hpp"

namespace sctab::metrics {

Uncertainty assess_uncertainty(std::span<const TypeIndex> truths, const Calls& calls,
                               const ontology::SubtypeMatrix& subtypes, std::span<const std::uint8_t> is_known) {
  SCTAB_ASSERT(calls.types.size() == truths.size() && calls.probabilities.size() == truths.size());
  SCTAB_ASSERT(is_known.size() == subtypes.size());
  struct Cells {
    std::vector<double> uncertainty;
    std::vector<std::uint8_t> positive;
  } all, known;  // positive: absent among all, wrong among known
  std::vector<double> known_probabilities;
  std::vector<std::uint8_t> known_right;
  ConfusionMatrix confusion(subtypes.size());
  Uncertainty result;
  for (std::size_t cell = 0; cell < truths.size(); ++cell) {
    const TypeIndex truth = truths[cell];
    if (truth == -1) continue;
    const TypeIndex call = corrected(truth, calls.types[cell], subtypes);
    const double probability = calls.probabilities[cell];
    const bool absent = is_known[static_cast<std::size_t>(truth)] == 0, right = call == truth;
    confusion.add(truth, call);
    all.uncertainty.push_back(1 - probability);
    all.positive.push_back(absent ? 1 : 0);
    if (absent) {
      ++result.n_absent;
      continue;
    }
    ++(right ? result.n_right : result.n_wrong);
    known.uncertainty.push_back(1 - probability);
    known.positive.push_back(right ? 0 : 1);
    if (probability == 0) continue;  // no call
    known_probabilities.push_back(probability);
    known_right.push_back(right ? 1 : 0);
  }
  result.macro_f1 = score(confusion).macro_f1;
  result.auc_right_wrong = roc_auc(known.uncertainty, known.positive);
  result.auc_known_absent = roc_auc(all.uncertainty, all.positive);
  result.calibration = calibrate(known_probabilities, known_right);
  return result;
}

}  // namespace sctab::metrics
