#pragma once

#include <ATen/core/Tensor.h>

#include "sctab/evaluate/split_levels.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/ontology/ontology.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/covariate.hpp"
#include "sctab/train/loss.hpp"
#include "sctab/train/plan.hpp"

namespace sctab::train {

/// int64, one a cell.
at::Tensor targets_tensor(std::span<const core::TypeIndex> cell_types);

/// The rows of soft_targets(), float32, types × types; undefined where the plan smoothes nothing.
at::Tensor soft_targets_tensor(const store::Store& store, const TrainPlan& plan, const CorpusSize& size);

/// How often each type is shown, as the plan says: for store::LoaderOptions::copies_per_type.
std::vector<double> copies_per_type(const CorpusSize& size, const TrainPlan& plan);

/// What the plan says of the loss, but for soft targets. A cell weighs the same as all, or so that the types as
/// sampling shows them weigh the same; a type without training cells then weighs 0. subtypes: of the store.
LossTerms loss_terms(const TrainPlan& plan, const CorpusSize& size, const ontology::SubtypeMatrix& subtypes);

/// The same for validation, whose cells are shown once: a cell weighs what its training cells weigh in all.
LossTerms validation_terms(const TrainPlan& plan, const CorpusSize& size, const ontology::SubtypeMatrix& subtypes);

/// Replaces the running statistics of batch norm by those of the first few thousand cells that training shows, a random
/// sample of the split because a store's order is random, taken in batches of the training's size. size: of the store.
void reestimate_batch_norm(nn::Network& network, const store::Store& store, const TrainPlan& plan,
                           const CorpusSize& size, int threads);

struct ValidationScores {
  // The training loss of labels that are not smoothed; cross-entropy has a prediction in place of a label that it is a
  // subtype of.
  double loss = 0;
  double macro_f1 = 0;  // ontology-corrected
};

/// How the network does on the validation split; leaves it in evaluation mode. Both are NaN for an empty split.
class Validation {
 public:
  /// store: outlives this.
  Validation(const store::Store& store, ontology::SubtypeMatrix subtypes, LossTerms terms,
             std::optional<model::Covariate> covariate, int threads);
  [[nodiscard]] ValidationScores score(nn::Network& network) const;

 private:
  const store::Store& store_;
  ontology::SubtypeMatrix subtypes_;
  LossTerms terms_;
  evaluate::SplitLevels levels_;
  int threads_;
};

}  // namespace sctab::train
