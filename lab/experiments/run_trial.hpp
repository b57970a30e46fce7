#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "lab/experiments/trial.hpp"
#include "sctab/kernels/backend.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/train.hpp"

namespace sctab::experiments {

struct TrialOptions {
  std::filesystem::path model;  // the model directory; an interrupted training has its checkpoints next to it
  int threads = 0;
  kernels::Device device = kernels::Device::kCpu;
  bool keep_models = false;
};

/// The measures of a network's training. There is no rate if this process trained no epoch, and for an ensemble neither
/// a rate nor a best epoch.
nlohmann::json measures_of(const train::TrainResult& training, double seconds);

/// Adds the losses of the best epoch, if there is one, to the measures of a trial: train_loss and val_loss.
void add_losses(nlohmann::json& result);

/// Trains and evaluates on the part's store. Returns `measures` (numbers by name), `per_tissue` (macro F1), `per_type`
/// (F1, test and training cells), `curve` (one entry per epoch of the first member), `members` (scores of the mean over
/// the first 1, 2, … members), `reliability` (right and wrong calls by probability) and, for a part, `types_lost`
/// (labels of the corpus's training cells that the part's lack). Interrupted training resumes from its last checkpoint.
/// Throws InputError and Interrupted.
nlohmann::json run_trial(const Trial& trial, const store::Store& store, const TrialOptions& options);

}  // namespace sctab::experiments
