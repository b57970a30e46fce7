#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "sctab/kernels/backend.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/plan.hpp"

namespace sctab::train {

/// A plan's options, and how the run itself goes; the latter change what is learnt by rounding at most.
struct TrainOptions : PlanOptions {
  int threads = 0;  // that compute; 0: all. Of any number the weights are the same to the bit
  kernels::Device device = kernels::Device::kCpu;
  bool dense = false;          // by torch on dense arrays: see nn::Network::compute_densely()
  bool deterministic = false;  // dense: on one thread, for torch's sums depend on their number
  bool resume = false;
  std::filesystem::path augment{};  // a file of vectors made by `sctab augment`, to move training cells by; empty: none
  std::string covariate{};          // column of the store that networks see beside the genes: "tissue"; empty: none
  double covariate_dropout = 0.15;  // share of training cells whose level is hidden, for files that do not tell it
  double checkpoint_seconds = 600;  // between checkpoints inside an epoch
  /// Called after each step with the epoch and the batches of it that are done.
  std::function<void(std::int64_t epoch, std::int64_t batches)> after_step;
};

/// Of an ensemble: its first member's, but for the score, which is of the mean over the members.
struct TrainResult {
  nn::ModelKind kind = nn::ModelKind::kTabnet;  // kMixed of an ensemble of several kinds
  std::int64_t epochs = 0, best_epoch = 0;      // counted from 1
  double best_val_macro_f1 = 0;                 // NaN without validation cells
  double cells_per_second = 0;                  // of training, validation left out, over the epochs of this process
  std::uint64_t seed = 1;
  std::vector<TrainResult> members{};  // of an ensemble, one for each
};

/// Trains on the store's train split, stops early on validation macro F1 (ontology-corrected) and leaves a model
/// directory at `out`: the best weights, their evaluation on the validation split, and run/metrics.jsonl with one line
/// an epoch. Prints the plan, warnings and progress to standard error. A split without validation cells trains all
/// epochs and keeps the last weights.
///
/// While it runs everything lies in `out`.run, and whatever stood at `out` before is untouched. A run that was ended
/// by Ctrl-C, or killed, stays there; with `resume` it goes on from its last checkpoint with the losses it would have
/// had, given the same store and options. Without `resume` such a run is never overwritten: InputError says
/// what to do. With `resume` and no run there, training starts anew.
///
/// Members are trained one after the other, each as a run of its own with its seed; a finished one is not trained again
/// by `resume`.
TrainResult train(const store::Store& store, const TrainOptions& options, const std::filesystem::path& out);

}  // namespace sctab::train
