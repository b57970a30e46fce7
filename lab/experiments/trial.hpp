#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lab/experiments/recipe.hpp"
#include "sctab/kernels/backend.hpp"

namespace sctab::experiments {

/// What decides a result besides the recipe, the trial's seed and this version of sctab.
struct TrialConditions {
  std::string store_hash;  // of the store that parts are taken from
  kernels::Device device = kernels::Device::kCpu;
};

/// One cell of the grid: a model trained on a part of the corpus with one seed, and evaluated.
struct Trial {
  const ModelSpec* model = nullptr;
  const PartSpec* part = nullptr;
  std::uint64_t seed = 1;

  /// "tabnet, 15% of donors, seed 1".
  [[nodiscard]] std::string title() const;
  /// The same as a file name.
  [[nodiscard]] std::string slug() const;
  /// Keys that say in a result whose it is.
  [[nodiscard]] nlohmann::json names() const;
  /// All that decides the result. Threads decide what a loader's trial measures, and no weights that are trained.
  [[nodiscard]] nlohmann::json identity(const TrialConditions& conditions) const;
};

/// All trials, those on the same cells one after the other, so that one part's store is needed at a time.
/// recipe: outlives them.
std::vector<Trial> expand(const Recipe& recipe);

}  // namespace sctab::experiments
