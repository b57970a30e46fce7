#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/store/store.hpp"
#include "sctab/train/options.hpp"

namespace sctab::train {

/// How training went. For an ensemble of networks: its first member's, except for kind and score; of baselines: the
/// sums.
struct TrainResult {
  model::ModelKind kind = model::ModelKind::kTabnet;  // kMixed for an ensemble of several kinds
  std::uint64_t seed = 1;
  double best_val_macro_f1 = 0;  // ontology-corrected, for an ensemble that of the mean; NaN without validation cells
  double seconds = 0;            // that training took; for networks, the epochs of this process
  std::int64_t epochs = 0, best_epoch = 0;  // of networks, counted from 1
  double cells_per_second = 0;         // of networks: training, validation left out, over the epochs of this process
  nlohmann::json facts{};              // of a baseline: about its training
  std::vector<TrainResult> members{};  // of an ensemble, one for each
};

/// Scores that are NaN are null.
nlohmann::json to_json(const TrainResult& result);
/// The same for people: one line a member, and one for the whole without a line end.
std::string to_text(const TrainResult& result);

/// Trains a model of any kind on the store's train split and leaves a model directory at `out`, whole or not at all,
/// with its evaluation on the validation split. Prints warnings and progress to standard error. Throws InputError where
/// there is nothing to learn from, for options out of range or of another kind, and Interrupted.
///
/// Networks stop early on validation macro F1 (ontology-corrected) and keep the best weights, with one line an epoch in
/// run/metrics.jsonl; a store without validation cells trains all epochs and keeps the last weights.
///
/// While training runs, everything lies in `out`.run, and what is at `out` stays untouched. An interrupted or killed
/// run stays there. With `resume` it continues from its last checkpoint (networks) or after its last finished member
/// (baselines), given the same store and options, and ends with the same bytes as an uninterrupted run. Without
/// `resume` such a run is never overwritten: InputError says what to do. A finished model at `out` is replaced with
/// `overwrite` only, and then the files there that are not sctab's stay. With `resume` and no run there, training
/// starts from the beginning. Members are trained one after the other, each with member_seed().
TrainResult train(const store::Store& store, const TrainOptions& options, const std::filesystem::path& out);

}  // namespace sctab::train
