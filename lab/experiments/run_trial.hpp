#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "lab/experiments/trial.hpp"
#include "sctab/kernels/backend.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/train.hpp"

namespace sctab::experiments {

struct TrialOptions {
  std::filesystem::path model;  // the model directory; checkpoints of training that was cut off lie beside it
  int threads = 0;
  kernels::Device device = kernels::Device::kCpu;
  bool keep_models = false;
};

/// Of a network's training. No rate where this process trained no epoch; no rate and no best epoch of an ensemble.
nlohmann::json measures_of(const train::TrainResult& training, double seconds);

/// To the measures of a trial those of its curve at its best epoch, where it has one: train_loss and val_loss.
void add_losses(nlohmann::json& result);

/// Trains and evaluates on the part's store and gives what was measured: `measures` (numbers by name), `per_tissue`
/// (macro F1), `per_type` (F1, test and training cells), `curve` (one entry an epoch of the first member), `members`
/// (scores of the mean over the first 1, 2, … members), `reliability` (right and wrong calls by probability) and, of a
/// part, `types_lost` (labels that its training cells have none of, though those of the corpus have).
/// Training that was cut off goes on from its last checkpoint. Throws Interrupted.
nlohmann::json run_trial(const Trial& trial, const store::Store& store, const TrialOptions& options);

}  // namespace sctab::experiments
