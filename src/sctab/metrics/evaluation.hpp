#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::metrics {

using core::TypeIndex;

/// n × n counts, truth-major. Truth and prediction share one list of labels.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::size_t n_types) : n_(n_types), counts_(n_types * n_types, 0) {}
  void add(TypeIndex truth, TypeIndex predicted, std::int64_t count = 1);
  [[nodiscard]] std::size_t n_types() const { return n_; }
  [[nodiscard]] std::int64_t at(std::size_t truth, std::size_t predicted) const {
    return counts_[truth * n_ + predicted];
  }
  [[nodiscard]] std::int64_t total() const;

 private:
  std::size_t n_;
  std::vector<std::int64_t> counts_;
};

/// The ontology's correction: a prediction that is the author's label or a subtype of it counts as that label; a parent
/// stays wrong.
TypeIndex corrected(TypeIndex truth, TypeIndex predicted, const ontology::SubtypeMatrix& subtypes);

struct TypeScore {
  double f1 = 0, precision = 0, recall = 0;  // NaN where the type occurs in neither truth nor predictions
  std::int64_t n_true = 0, n_predicted = 0;
};

/// F1 scores. A type in neither truth nor predictions is left out of the macro mean; NaN where there is no cell at all.
struct Scores {
  double macro_f1 = 0, weighted_f1 = 0, micro_f1 = 0, macro_precision = 0, macro_recall = 0;
  std::vector<TypeScore> per_type;
  std::int64_t n_cells = 0;
};
Scores score(const ConfusionMatrix& confusion);

/// Applies the correction to a confusion matrix of uncorrected predictions.
ConfusionMatrix corrected(const ConfusionMatrix& confusion, const ontology::SubtypeMatrix& subtypes);

/// scikit-learn's class_weight="balanced": n_cells / (n_types_present × count). A type without cells weighs 0.
std::vector<double> balanced_class_weights(std::span<const std::int64_t> cells_per_type);

/// Predictions against the author's labels, corrected and not, in all and per group (a tissue, a dataset).
/// truths and predictions: label positions; predicted -1 = no call, which is wrong for every cell. Truth -1 is left
/// out.
struct Evaluation {
  Scores corrected, uncorrected;
  std::map<std::string, Scores> per_group;  // corrected
  ConfusionMatrix confusion{0};             // uncorrected, as predicted
};
Evaluation evaluate(std::span<const TypeIndex> truths, std::span<const TypeIndex> predictions,
                    const ontology::SubtypeMatrix& subtypes, std::span<const std::string> group_of_cell = {});

}  // namespace sctab::metrics
