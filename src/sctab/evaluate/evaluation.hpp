#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::evaluate {

using core::TypeIndex;

/// A cell that was given no label; counts as wrong.
inline constexpr TypeIndex kNoCall = -1;

/// n × n counts, truth-major, and for each truth the cells without a call. Truth and prediction share one list of
/// labels.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::size_t n_types) : n_(n_types), counts_(n_types * (n_types + 1), 0) {}
  /// truth: [0, n_types); predicted: the same, or kNoCall.
  void add(TypeIndex truth, TypeIndex predicted, std::int64_t count = 1);
  [[nodiscard]] std::size_t n_types() const { return n_; }
  [[nodiscard]] std::int64_t at(std::size_t truth, std::size_t predicted) const {
    return counts_[truth * (n_ + 1) + predicted];
  }
  [[nodiscard]] std::int64_t no_calls(std::size_t truth) const { return counts_[truth * (n_ + 1) + n_]; }
  /// All cells, with and without a call.
  [[nodiscard]] std::int64_t total() const;

 private:
  std::size_t n_;
  std::vector<std::int64_t> counts_;  // n × (n + 1): the last column holds the cells without a call
};

/// The ontology's correction: a prediction that is the author's label or a subtype of it counts as that label; a parent
/// stays wrong, and so does no call.
TypeIndex corrected(TypeIndex truth, TypeIndex predicted, const ontology::SubtypeMatrix& subtypes);

struct TypeScore {
  double f1 = 0, precision = 0, recall = 0;  // NaN where the type occurs in neither truth nor predictions
  std::int64_t n_true = 0, n_predicted = 0;
};

/// F1 scores as scikit-learn defines them (precision of a type never predicted is 0, recall of one never true is 0).
/// A type in neither truth nor predictions is left out of the macro means; all are NaN without cells.
struct Scores {
  double macro_f1 = 0, weighted_f1 = 0;          // weighted by n_true
  double micro_f1 = 0;                           // the share of all cells that is right: no call lowers it
  double macro_precision = 0, macro_recall = 0;  // over the same types as macro_f1
  std::vector<TypeScore> per_type;
  std::int64_t n_cells = 0;
};
Scores score(const ConfusionMatrix& confusion);

/// Applies the correction to a confusion matrix of uncorrected predictions.
ConfusionMatrix corrected(const ConfusionMatrix& confusion, const ontology::SubtypeMatrix& subtypes);

/// scikit-learn's class_weight="balanced": n_cells / (n_types_present × count). A type without cells weighs 0.
std::vector<double> balanced_class_weights(std::span<const std::int64_t> cells_per_type);

/// Predictions against the author's labels, corrected and not, in all and per group (a tissue, a dataset).
struct Evaluation {
  Scores corrected, uncorrected;
  /// Corrected. Macro means are over the types that the group's authors name, as the paper's macro_f1_per_group: one
  /// stray call of another organ's type adds no type of F1 0.
  std::map<std::string, Scores> per_group;
  ConfusionMatrix confusion{0};            // uncorrected, as predicted
  ConfusionMatrix confusion_corrected{0};  // what the ontology leaves wrong
};

/// truths and predictions: label positions, below subtypes.size(), of each cell; predicted kNoCall = wrong. Cells whose
/// truth is -1 are left out. group_of_cell: none, or one for each cell.
Evaluation evaluate(std::span<const TypeIndex> truths, std::span<const TypeIndex> predictions,
                    const ontology::SubtypeMatrix& subtypes, std::span<const std::string> group_of_cell = {});

}  // namespace sctab::evaluate
