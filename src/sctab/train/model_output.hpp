#pragma once

#include <filesystem>

#include "sctab/nn/network.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/run_folder.hpp"
#include "sctab/train/trainer.hpp"

namespace sctab::train {

/// Where a trained network comes from.
struct TrainingFacts {
  const store::Store& store;
  const TrainPlan& plan;
  const CorpusSize& size;
  const TrainResult& result;
  int threads = 0;
};

/// Writes the model directory at `out`, whole or not at all: weights, description, the evaluation of the validation
/// split by the model as written (null without validation cells), and run/metrics.jsonl.
void write_model(const TrainingFacts& facts, const nn::Network& network, const RunFolder& folder,
                 const std::filesystem::path& out);

}  // namespace sctab::train
