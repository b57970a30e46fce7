#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lab/experiments/recipe.hpp"
#include "sctab/kernels/backend.hpp"

namespace sctab::experiments {

/// What a result depends on besides the recipe, the trial's seed and the version of sctab.
struct TrialConditions {
  std::string store_hash;  // the store that parts are taken from
  kernels::Device device = kernels::Device::kCpu;
};

/// One cell of the grid: a model trained on a part of the corpus with one seed, and evaluated.
struct Trial {
  const ModelSpec* model = nullptr;
  const PartSpec* part = nullptr;
  std::uint64_t seed = 1;

  /// "tabnet, 15% of donors, seed 1".
  [[nodiscard]] std::string title() const;
  /// The title as a file name.
  [[nodiscard]] std::string slug() const;
  /// The keys that name the trial in its result.
  [[nodiscard]] nlohmann::json names() const;
  /// Everything that the result depends on. Threads affect the rate of a loader, but never trained weights.
  [[nodiscard]] nlohmann::json identity(const TrialConditions& conditions) const;
};

/// All trials, ordered by part and seed, so that one part's store is needed at a time. recipe: must outlive them.
std::vector<Trial> expand(const Recipe& recipe);

}  // namespace sctab::experiments
