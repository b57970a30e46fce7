#include "sctab/evaluate/uncertainty.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/evaluate/evaluation.hpp"
#include "sctab/evaluate/roc_auc.hpp"

namespace sctab::evaluate {

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

std::vector<AbsentType> absent_types(std::span<const TypeIndex> truths, const Calls& calls,
                                     std::span<const std::uint8_t> is_known) {
  SCTAB_ASSERT(calls.types.size() == truths.size() && calls.probabilities.size() == truths.size());
  struct Cells {
    std::vector<double> uncertainty;
    std::map<TypeIndex, std::int64_t> called;
  };
  std::vector<double> known;
  std::map<TypeIndex, Cells> by_type;
  for (std::size_t cell = 0; cell < truths.size(); ++cell) {
    if (truths[cell] == -1) continue;
    const double uncertainty = 1 - calls.probabilities[cell];
    if (is_known[static_cast<std::size_t>(truths[cell])] != 0) {
      known.push_back(uncertainty);
      continue;
    }
    Cells& cells = by_type[truths[cell]];
    cells.uncertainty.push_back(uncertainty);
    ++cells.called[calls.types[cell]];
  }
  std::vector<AbsentType> absent;
  for (auto& [type, cells] : by_type) {
    const auto [call, n_called] = *std::ranges::max_element(
        cells.called, [](const auto& left, const auto& right) { return left.second < right.second; });
    std::vector<double> scores = known;
    scores.insert(scores.end(), cells.uncertainty.begin(), cells.uncertainty.end());
    std::vector<std::uint8_t> positive(known.size(), 0);
    positive.resize(scores.size(), 1);
    absent.push_back({.type = type,
                      .n_cells = std::ssize(cells.uncertainty),
                      .auc_known = roc_auc(scores, positive),
                      .most_called = call,
                      .n_called = n_called});
  }
  return absent;
}

}  // namespace sctab::evaluate
