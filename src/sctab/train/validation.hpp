#pragma once

#include <ATen/core/Tensor.h>

#include "sctab/nn/network.hpp"
#include "sctab/ontology/ontology.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/loss.hpp"
#include "sctab/train/plan.hpp"

namespace sctab::train {

/// int64, one a cell.
at::Tensor targets_tensor(std::span<const core::TypeIndex> cell_types);

/// Balanced weights from the training cells, or ones: float32, one a type. A type without training cells weighs 0.
at::Tensor class_weights_tensor(const CorpusSize& size, bool balanced);

/// What the plan says of the loss; subtypes: of the store.
LossTerms loss_terms(const TrainPlan& plan, const CorpusSize& size, const ontology::SubtypeMatrix& subtypes);

/// Replaces the running statistics of batch norm by those of the first few thousand training cells, a random sample of
/// the split because a store's order is random, taken in batches of the training's size.
void reestimate_batch_norm(nn::Network& network, const store::Store& store, const TrainPlan& plan, int threads);

struct ValidationScores {
  double loss = 0;      // the training loss; cross-entropy has a prediction in place of a label that it is a subtype of
  double macro_f1 = 0;  // ontology-corrected
};

/// How the network does on the validation split; leaves it in evaluation mode. Both are NaN for an empty split.
class Validation {
 public:
  /// store: outlives this.
  Validation(const store::Store& store, ontology::SubtypeMatrix subtypes, LossTerms terms, int threads);
  [[nodiscard]] ValidationScores score(nn::Network& network) const;

 private:
  const store::Store& store_;
  ontology::SubtypeMatrix subtypes_;
  LossTerms terms_;
  int threads_;
};

}  // namespace sctab::train
