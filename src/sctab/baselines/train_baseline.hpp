#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "sctab/nn/architecture.hpp"
#include "sctab/store/store.hpp"

namespace sctab::baselines {

struct BaselineOptions {
  nn::ModelKind kind = nn::ModelKind::kCentroid;
  bool library_defaults = false;               // XGBoost's own instead of the paper's values
  std::optional<std::int64_t> n_components{};  // of models on principal components; default: the paper's 256
  std::uint64_t seed = 1;
  int threads = 0;  // 0: all
};

struct BaselineResult {
  double val_macro_f1 = 0;  // ontology-corrected; NaN without validation cells
  double seconds = 0;
  nlohmann::json facts;  // of the training
};

/// Trains a baseline on the store's training cells and leaves a model directory at `out`, whole or not at all, with its
/// evaluation on the validation split. Shows progress. Throws InputError where there is nothing to learn from, and for
/// options that the kind lacks.
BaselineResult train_baseline(const store::Store& store, const BaselineOptions& options,
                              const std::filesystem::path& out);

}  // namespace sctab::baselines
