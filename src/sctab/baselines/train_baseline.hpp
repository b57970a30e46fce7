#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "sctab/nn/architecture.hpp"
#include "sctab/store/store.hpp"

namespace sctab::baselines {

struct BaselineOptions {
  nn::ModelKind kind = nn::ModelKind::kCentroid;
  bool library_defaults = false;               // XGBoost's own instead of the paper's values
  std::optional<std::int64_t> n_components{};  // of models on principal components; default: the paper's 256
  std::optional<int> rounds{}, max_depth{};    // of xgboost; default: the paper's, or XGBoost's own
  std::optional<double> eta{}, subsample{};    // the same
  std::uint64_t seed = 1;
  int members = 1;  // of an ensemble; not of centroid, which has no chance in it
  int threads = 0;  // 0: all
  bool resume = false;
  std::function<void(int number)> after_member{};  // called with each member trained, from 1

  /// Throws InputError naming the option of `sctab train` that is out of range, or of another kind.
  void validate() const;
};

struct BaselineMember {
  std::uint64_t seed = 1;
  double seconds = 0;
  nlohmann::json facts;     // of the training
  double val_macro_f1 = 0;  // ontology-corrected, of this member alone; NaN without validation cells
};

struct BaselineResult {
  double val_macro_f1 = 0;  // ontology-corrected, of the mean over members; NaN without validation cells
  double seconds = 0;       // of all members' training
  std::vector<BaselineMember> members;
};

/// Trains a baseline on the store's training cells and leaves a model directory at `out`, whole or not at all, with its
/// evaluation on the validation split. Shows progress. Throws InputError where there is nothing to learn from, and for
/// options that the kind lacks.
///
/// Members are trained one after the other, each with train::member_seed(). A finished one lies in `out`.run until all
/// are, and is not trained again by `resume`; without `resume` it is never overwritten. One that was cut off is trained
/// anew.
BaselineResult train_baseline(const store::Store& store, const BaselineOptions& options,
                              const std::filesystem::path& out);

}  // namespace sctab::baselines
