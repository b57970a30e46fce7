#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "sctab/nn/network.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/plan.hpp"
#include "sctab/train/run_folder.hpp"
#include "sctab/train/train.hpp"

namespace sctab::train {

/// Where trained networks come from.
struct TrainingFacts {
  const store::Store& store;
  std::span<const TrainPlan> plans;  // of each member
  const CorpusSize& size;
  int threads = 0;
};

struct TrainedMember {
  std::unique_ptr<nn::Network> network;  // with its best weights
  TrainResult result;
  RunFolder folder;
};

/// Writes the model directory at `out`, whole or not at all: weights of each member, description, the evaluation of the
/// validation split by the model as written (null without validation cells), and the metrics of each epoch:
/// run/metrics.jsonl, or run/member-1.jsonl, … Returns the result of the
/// first member, or of all: see TrainResult.
TrainResult write_model(const TrainingFacts& facts, std::span<const TrainedMember> members,
                        const std::filesystem::path& out);

}  // namespace sctab::train
