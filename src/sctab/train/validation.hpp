#pragma once

#include <optional>

#include "sctab/model/covariate.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/ontology/ontology.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/loss.hpp"
#include "sctab/train/plan.hpp"

namespace sctab::train {

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
             const std::optional<model::Covariate>& covariate, int threads);
  [[nodiscard]] ValidationScores score(nn::Network& network) const;

 private:
  const store::Store& store_;
  ontology::SubtypeMatrix subtypes_;
  LossTerms terms_;
  model::CellLevels levels_;
  int threads_;
};

}  // namespace sctab::train
