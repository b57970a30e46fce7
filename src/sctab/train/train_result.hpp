#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/model/model_kinds.hpp"

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

}  // namespace sctab::train
