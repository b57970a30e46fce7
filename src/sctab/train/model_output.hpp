#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "sctab/model/model_directory.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/plan.hpp"
#include "sctab/train/run_folder.hpp"
#include "sctab/train/train.hpp"

namespace sctab::train {

// What networks and baselines share: how a model came to be.

/// Name, genes, cell types, ontology and the names of the members' files, of a model trained on the store.
model::ModelDescription describe_store(const store::Store& store, std::string name, std::size_t n_members);

/// The store and how many cells of it were for what: the first keys of ModelDescription::training.
nlohmann::json corpus_json(const store::Store& store, const CorpusSize& size);

/// Writes the description into a model directory whose weights are there; where there are validation cells, has the
/// model as written predict them and writes it again with its metrics. Returns their macro F1, ontology-corrected, or
/// NaN.
double write_description_with_metrics(const std::filesystem::path& model, model::ModelDescription description,
                                      const store::Store& store, int threads);

/// Where trained networks come from.
struct TrainingFacts {
  const store::Store& store;
  std::span<const TrainPlan> plans;  // of each member
  const CorpusSize& size;
  int threads = 0;
  bool overwrite = false;  // a finished model
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
