#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sctab/nn/architecture.hpp"
#include "sctab/store/store.hpp"

namespace sctab::train {

/// What the user may fix; what is not given is chosen from the corpus's size (choose_plan) or, with preset paper, is
/// the paper's.
struct TrainOptions {
  nn::ModelKind kind = nn::ModelKind::kTabnet;
  bool paper_preset = false;
  std::optional<std::int64_t> batch_size, max_epochs, n_d, n_a, n_steps, n_shared, n_independent, virtual_batch_size,
      hidden_size, n_hidden, patience;
  std::optional<double> learning_rate, weight_decay, lr_gamma, lambda_sparse, momentum, dropout, clip_norm;
  std::optional<nn::MaskType> mask_type;
  std::optional<bool> class_weights, reestimate_batch_norm;
  std::uint64_t seed = 1;
  int threads = 0;
  bool resume = false;
};

/// Everything that is fixed before the first step, with the reason of each choice.
struct TrainPlan {
  nn::Architecture architecture;
  std::int64_t batch_size = 2048;
  std::int64_t max_epochs = 50;
  std::int64_t patience = 10;  // epochs without a better validation macro F1
  double learning_rate = 0.005;
  double weight_decay = 0.05;
  double lr_gamma = 0.9;  // StepLR, each epoch
  double lambda_sparse = 1e-5;
  double clip_norm = 1.0;              // of the gradient
  bool class_weights = true;           // balanced
  bool reestimate_batch_norm = false;  // over training cells, before validation and in what is saved
  std::uint64_t seed = 1;
  std::vector<std::string> reasons;  // "batch 256: 8,500 training cells give 33 steps an epoch"
};

/// A function of the options and the store's sizes only. Throws InputError naming a field out of range.
TrainPlan choose_plan(const TrainOptions& options, const store::Store& store);

struct TrainResult {
  std::int64_t epochs = 0, best_epoch = 0;
  double best_val_macro_f1 = 0;
  double cells_per_second = 0;
};

/// Trains on the store's train split, stops early on validation macro F1 (ontology-corrected) and leaves a model
/// directory at `out`: best weights as model.safetensors; a run folder out/run holds metrics.jsonl and the last
/// checkpoint, from which
/// --resume continues a killed run with the losses it would have had. Prints the plan and progress to standard error.
TrainResult train(const store::Store& store, const TrainOptions& options, const std::filesystem::path& out);

}  // namespace sctab::train
