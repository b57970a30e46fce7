#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "sctab/nn/architecture.hpp"
#include "sctab/nn/model_arrays.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/plan.hpp"

namespace sctab::baselines {

/// What a baseline is trained on. The store's training cells; the validation cells where it stops early.
struct Corpus {
  const store::Store& store;
  train::CorpusSize size;
  int threads = 0;  // that compute; 0: all
  std::uint64_t seed = 1;
};

/// A trained baseline: what its model directory will hold.
struct Fitted {
  nn::ModelArrays arrays;
  nlohmann::json facts;           // of the training, for config.json and the model card
  std::int64_t n_components = 0;  // of models that see principal components
};

}  // namespace sctab::baselines
