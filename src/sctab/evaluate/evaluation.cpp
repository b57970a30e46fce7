#include "sctab/evaluate/evaluation.hpp"

#include <limits>
#include <numeric>

#include "sctab/core/error.hpp"

namespace sctab::evaluate {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// All that the scores need of a confusion matrix, in O(types).
struct Tally {
  explicit Tally(std::size_t n_types) : n_true(n_types), n_predicted(n_types), n_right(n_types) {}
  void add(TypeIndex truth, TypeIndex predicted, std::int64_t count) {
    n_true[static_cast<std::size_t>(truth)] += count;
    if (predicted != kNoCall) n_predicted[static_cast<std::size_t>(predicted)] += count;
    if (predicted == truth) n_right[static_cast<std::size_t>(truth)] += count;
  }
  std::vector<std::int64_t> n_true, n_predicted, n_right;
};

/// 0 / 0 is 0, as in scikit-learn.
double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// Which types the macro means are over.
enum class Averaged { kTrueOrPredicted, kTrue };

Scores score(const Tally& tally, Averaged averaged) {
  Scores scores;
  double f1_sum = 0, weighted_sum = 0, precision_sum = 0, recall_sum = 0;
  std::int64_t n_right = 0, n_types_averaged = 0;
  for (std::size_t t = 0; t < tally.n_true.size(); ++t) {
    const auto n_true = tally.n_true[t], n_predicted = tally.n_predicted[t], right = tally.n_right[t];
    if (n_true + n_predicted == 0) {
      scores.per_type.push_back({kNaN, kNaN, kNaN, 0, 0});
      continue;
    }
    const TypeScore type{ratio(2 * right, n_true + n_predicted), ratio(right, n_predicted), ratio(right, n_true),
                         n_true, n_predicted};
    scores.per_type.push_back(type);
    if (n_true == 0 && averaged == Averaged::kTrue) continue;
    ++n_types_averaged;
    f1_sum += type.f1;
    precision_sum += type.precision;
    recall_sum += type.recall;
    weighted_sum += type.f1 * static_cast<double>(n_true);
    n_right += right;
    scores.n_cells += n_true;
  }
  const double n_types = n_types_averaged == 0 ? kNaN : static_cast<double>(n_types_averaged);
  const double n_cells = scores.n_cells == 0 ? kNaN : static_cast<double>(scores.n_cells);
  scores.macro_f1 = f1_sum / n_types;
  scores.macro_precision = precision_sum / n_types;
  scores.macro_recall = recall_sum / n_types;
  scores.weighted_f1 = weighted_sum / n_cells;
  scores.micro_f1 = static_cast<double>(n_right) / n_cells;
  return scores;
}

bool is_type(TypeIndex type, std::size_t n_types) {
  return type >= 0 && static_cast<std::size_t>(type) < n_types;
}

/// Calls visit(truth, predicted, count) for each non-zero entry, those without a call as kNoCall.
template <typename Visit>
void for_each_entry(const ConfusionMatrix& confusion, const Visit& visit) {
  const auto n = static_cast<TypeIndex>(confusion.n_types());
  for (TypeIndex truth = 0; truth < n; ++truth) {
    const auto row = static_cast<std::size_t>(truth);
    for (TypeIndex predicted = 0; predicted < n; ++predicted) {
      const auto count = confusion.at(row, static_cast<std::size_t>(predicted));
      if (count != 0) visit(truth, predicted, count);
    }
    if (confusion.no_calls(row) != 0) visit(truth, kNoCall, confusion.no_calls(row));
  }
}

}  // namespace

void ConfusionMatrix::add(TypeIndex truth, TypeIndex predicted, std::int64_t count) {
  SCTAB_ASSERT(is_type(truth, n_));
  SCTAB_ASSERT(predicted == kNoCall || is_type(predicted, n_));
  const auto column = predicted == kNoCall ? n_ : static_cast<std::size_t>(predicted);
  counts_[static_cast<std::size_t>(truth) * (n_ + 1) + column] += count;
}

std::int64_t ConfusionMatrix::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

TypeIndex corrected(TypeIndex truth, TypeIndex predicted, const ontology::SubtypeMatrix& subtypes) {
  SCTAB_ASSERT(is_type(truth, subtypes.size()));
  SCTAB_ASSERT(predicted == kNoCall || is_type(predicted, subtypes.size()));
  if (predicted == kNoCall) return kNoCall;
  const bool right = subtypes.is_subtype(static_cast<std::size_t>(truth), static_cast<std::size_t>(predicted));
  return right ? truth : predicted;
}

Scores score(const ConfusionMatrix& confusion) {
  Tally tally(confusion.n_types());
  for_each_entry(confusion,
                 [&](TypeIndex truth, TypeIndex predicted, std::int64_t n) { tally.add(truth, predicted, n); });
  return score(tally, Averaged::kTrueOrPredicted);
}

ConfusionMatrix corrected(const ConfusionMatrix& confusion, const ontology::SubtypeMatrix& subtypes) {
  SCTAB_ASSERT(confusion.n_types() == subtypes.size());
  ConfusionMatrix result(confusion.n_types());
  for_each_entry(confusion, [&](TypeIndex truth, TypeIndex predicted, std::int64_t n) {
    result.add(truth, corrected(truth, predicted, subtypes), n);
  });
  return result;
}

std::vector<double> balanced_class_weights(std::span<const std::int64_t> cells_per_type) {
  std::int64_t n_cells = 0, n_types_present = 0;
  for (const std::int64_t n : cells_per_type) {
    SCTAB_ASSERT(n >= 0);
    n_cells += n;
    n_types_present += n > 0 ? 1 : 0;
  }
  std::vector<double> weights;
  weights.reserve(cells_per_type.size());
  for (const std::int64_t n : cells_per_type) weights.push_back(ratio(n_cells, n_types_present * n));
  return weights;
}

Evaluation evaluate(std::span<const TypeIndex> truths, std::span<const TypeIndex> predictions,
                    const ontology::SubtypeMatrix& subtypes, std::span<const std::string> group_of_cell) {
  SCTAB_ASSERT(truths.size() == predictions.size());
  SCTAB_ASSERT(group_of_cell.empty() || group_of_cell.size() == truths.size());
  Evaluation evaluation;
  evaluation.confusion = ConfusionMatrix(subtypes.size());
  std::map<std::string, Tally> tallies;
  for (std::size_t cell = 0; cell < truths.size(); ++cell) {
    const TypeIndex truth = truths[cell], predicted = predictions[cell];
    if (truth == -1) continue;
    evaluation.confusion.add(truth, predicted);
    if (group_of_cell.empty()) continue;
    auto& tally = tallies.try_emplace(group_of_cell[cell], subtypes.size()).first->second;
    tally.add(truth, corrected(truth, predicted, subtypes), 1);
  }
  evaluation.confusion_corrected = corrected(evaluation.confusion, subtypes);
  evaluation.uncorrected = score(evaluation.confusion);
  evaluation.corrected = score(evaluation.confusion_corrected);
  for (const auto& [group, tally] : tallies) evaluation.per_group.emplace(group, score(tally, Averaged::kTrue));
  return evaluation;
}

}  // namespace sctab::evaluate
