#include "sctab/evaluate/roc_auc.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "sctab/core/error.hpp"

namespace sctab::evaluate {

double roc_auc(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  SCTAB_ASSERT(scores.size() == positive.size());
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  if (std::ranges::any_of(scores, [](double score) { return std::isnan(score); })) return kNaN;
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
  return n_pairs == 0 ? kNaN : won / n_pairs;
}

}  // namespace sctab::evaluate
