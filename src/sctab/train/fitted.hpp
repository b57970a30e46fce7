#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "sctab/model/model_arrays.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/plan.hpp"

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

}  // namespace sctab::train
