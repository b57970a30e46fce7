#pragma once

#include "sctab/train/fitted.hpp"
#include "sctab/train/options.hpp"

namespace sctab::train {

/// Trains one member of a baseline. options: with_baseline_defaults(). Shows progress. Throws Interrupted.
using Fit = Fitted(const Corpus& corpus, const TrainOptions& options);

/// How to train a kind of model; model::kModelKinds says what it is.
struct TrainKind {
  model::ModelKind kind;
  Fit* fit;  // null for networks and mixed ensembles of them, which are trained step by step
};

/// One row a kind; null for a kind without one, which a test names.
const TrainKind* find_train_kind(model::ModelKind kind);

}  // namespace sctab::train
