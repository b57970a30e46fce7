#pragma once

#include <filesystem>

#include "sctab/store/store.hpp"
#include "sctab/train/options.hpp"
#include "sctab/train/train_result.hpp"

namespace sctab::train {

/// Trains a model of any kind on the store's train split and leaves a model directory at `out`, whole or not at all,
/// with its evaluation on the validation split. Prints warnings and progress to standard error. Throws InputError where
/// there is nothing to learn from, for options out of range or of another kind, and Interrupted.
///
/// Networks stop early on validation macro F1 (ontology-corrected) and keep the best weights, with one line an epoch in
/// run/metrics.jsonl; a store without validation cells trains all epochs and keeps the last weights.
///
/// While training runs, everything lies in `out`.run, and whatever is at `out` is untouched. An interrupted or killed
/// run stays there. With `resume` it continues from its last checkpoint (networks) or after its last finished member
/// (baselines), given the same store and options, and ends with the same bytes as an uninterrupted run. Without
/// `resume` such a run is never overwritten: InputError says what to do. With `resume` and no run there, training
/// starts from the beginning. Members are trained one after the other, each with member_seed().
TrainResult train(const store::Store& store, const TrainOptions& options, const std::filesystem::path& out);

}  // namespace sctab::train
