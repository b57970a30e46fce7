#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sctab/nn/network.hpp"
#include "sctab/ontology/ontology.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/plan.hpp"

namespace sctab::train {

/// What a training loss is made of, but for the network's answers and the labels.
struct LossTerms {
  at::Tensor class_weights;   // float32, one a type
  double lambda_sparse = 0;   // times the mask loss, which is subtracted
  at::Tensor hierarchy = {};  // see hierarchy_tensor(); undefined: cross-entropy of the label itself
  // In place of the hierarchy: float32, types × types, a distribution over the types for each label; see
  // soft_targets().
  at::Tensor soft_targets = {};
};

/// float32, types × types: 0 where the column's type is the row's, the logarithm of `credit` where it is a subtype of
/// it that has training cells, minus infinity elsewhere. A subtype without any would be given its parents' cells with
/// nothing to tell it from the others. cells_per_type: training cells of each type. credit: above 0, at most 1.
at::Tensor hierarchy_tensor(const ontology::SubtypeMatrix& subtypes, std::span<const std::int64_t> cells_per_type,
                            double credit);

/// How close types are in the ontology: (n × n), row-major, symmetric, 0 to 1, with 1 on the diagonal. Of the terms
/// that two types are or lie below, the share that they have in common, each term by its information: the logarithm of
/// the number of types over that of those at or below it. Terms above all types tell none apart and count nothing, so
/// types that have only those in common are at 0. ids: of the types; a type that the ontology does not know is close to
/// none.
std::vector<double> closeness(std::span<const std::string> ids, const ontology::Ontology& ontology);

/// Targets of smoothed labels: (types × types), row-major, a row for each label that sums to 1. The label keeps
/// 1 - share; the rest is spread over the types with training cells, the label among them: evenly, or in proportion to
/// weights, which are closeness(). Empty weights: evenly. A label without training cells keeps all.
std::vector<double> soft_targets(std::span<const std::int64_t> cells_per_type, double share,
                                 std::span<const double> weights = {});

/// Targets smoothed as the plan says, by the store's own ontology; empty if it smoothes nothing.
std::vector<double> soft_targets(const store::Store& store, const TrainPlan& plan, const CorpusSize& size);

/// int64, one a cell.
at::Tensor targets_tensor(std::span<const core::TypeIndex> cell_types);

/// The rows of soft_targets(), float32, types × types; undefined where the plan smoothes nothing.
at::Tensor soft_targets_tensor(const store::Store& store, const TrainPlan& plan, const CorpusSize& size);

/// What the plan says of the loss, but for soft targets. A cell weighs the same as all, or so that the types as
/// sampling shows them weigh the same; a type without training cells then weighs 0. subtypes: of the store.
LossTerms loss_terms(const TrainPlan& plan, const CorpusSize& size, const ontology::SubtypeMatrix& subtypes);

/// The same for validation, whose cells are shown once: a cell weighs what its training cells weigh in all.
LossTerms validation_terms(const TrainPlan& plan, const CorpusSize& size, const ontology::SubtypeMatrix& subtypes);

/// Cross-entropy with class weights, sum(w·l) / sum(w) as in torch, minus lambda_sparse times the mask loss.
/// Hierarchical cross-entropy takes for a label's probability the sum over it and its subtypes, l = -log(sum of p):
/// an author who writes "T cell" does not say that the cell is not a CD4 T cell (Cultrera di Montesano et al. 2026).
/// With credit 1, as there, a network may give a label's cells to any subtype; below 1 the label itself is worth more
/// where nothing speaks for a subtype. targets: int64, one a cell. A scalar with a gradient.
at::Tensor training_loss(const nn::NetworkOutput& output, const at::Tensor& targets, const LossTerms& terms);

/// The loss over a split that comes in batches, in double: the size of the batches does not change it. Its labels are
/// not smoothed.
class SplitLoss {
 public:
  explicit SplitLoss(LossTerms terms) : terms_(std::move(terms)) {}
  void add(const nn::NetworkOutput& output, const at::Tensor& targets);
  /// NaN where no cell was added, or none of a type that weighs anything.
  [[nodiscard]] double value() const;

 private:
  LossTerms terms_;
  double loss_ = 0, weight_ = 0, mask_loss_ = 0;  // mask_loss_: times the cells
  double n_cells_ = 0;
};

}  // namespace sctab::train
