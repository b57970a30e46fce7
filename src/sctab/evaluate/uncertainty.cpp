#include "sctab/evaluate/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/evaluate/evaluation.hpp"

namespace sctab::evaluate {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Calibration calibrate(std::span<const double> probabilities, std::span<const std::uint8_t> right, std::size_t n_bins) {
  SCTAB_ASSERT(probabilities.size() == right.size() && n_bins > 0);
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
    const double n = bin.n_cells == 0 ? kUndefined : static_cast<double>(bin.n_cells);
    bin.mean_probability /= n;
    bin.share_right /= n;
    if (bin.n_cells == 0) continue;
    error += n * std::abs(bin.share_right - bin.mean_probability);
    n_cells += n;
  }
  calibration.expected_calibration_error = all_numbers && n_cells > 0 ? error / n_cells : kUndefined;
  return calibration;
}

double roc_auc(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  SCTAB_ASSERT(scores.size() == positive.size());
  if (std::ranges::any_of(scores, [](double score) { return std::isnan(score); })) return kUndefined;
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&scores](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });

  // Pairs won, of a positive against a negative; those of one score share their pairs.
  double won = 0, n_positive = 0, n_negative = 0;
  for (std::size_t first = 0; first < order.size();) {
    double tied_positive = 0, tied_negative = 0;
    std::size_t last = first;
    for (; last < order.size() && scores[order[last]] == scores[order[first]]; ++last) {
      (positive[order[last]] != 0 ? tied_positive : tied_negative) += 1;
    }
    won += tied_positive * (n_negative + tied_negative / 2);
    n_positive += tied_positive;
    n_negative += tied_negative;
    first = last;
  }
  const double n_pairs = n_positive * n_negative;
  return n_pairs == 0 ? kUndefined : won / n_pairs;
}

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
