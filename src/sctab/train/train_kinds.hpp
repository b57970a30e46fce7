#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sctab/model/model_arrays.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/plan.hpp"
#include "sctab/train/train.hpp"

namespace sctab::train {

/// What a baseline is trained on: the store's training cells, and its validation cells where training stops early.
struct Corpus {
  const store::Store& store;
  CorpusSize size;
  int threads = 0;  // that compute; 0: all
  std::uint64_t seed = 1;
};

/// A trained baseline: what its model directory will hold.
struct Fitted {
  model::ModelArrays arrays;
  nlohmann::json facts;           // about the training, for config.json and the model card
  std::int64_t n_components = 0;  // for models that see principal components
};

/// Trains one member of a baseline. options: with_baseline_defaults(). Shows progress. Throws Interrupted.
using Fit = Fitted(const Corpus& corpus, const TrainOptions& options);

/// How to train a kind of model; model::kModelKinds says what it is.
struct TrainKind {
  model::ModelKind kind;
  Fit* fit;  // null for networks and mixed ensembles of them, which are trained step by step
};

/// One row a kind; null for a kind without one, which a test names.
const TrainKind* find_train_kind(model::ModelKind kind);

/// train() for a network or an ensemble of networks.
TrainResult train_networks(const store::Store& store, const TrainOptions& options, const std::filesystem::path& out);

/// train() for a baseline or an ensemble of one kind, each member trained by `fit`. A finished member lies in `out`.run
/// until all are; one that was interrupted is trained again.
TrainResult train_baseline(const store::Store& store, const TrainOptions& options, Fit& fit,
                           const std::filesystem::path& out);

}  // namespace sctab::train
