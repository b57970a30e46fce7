#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "lab/experiments/recipe.hpp"
#include "lab/experiments/recipe_file.hpp"

namespace sctab::experiments::tests {

inline Recipe parse_recipe(const std::string& text, bool small = false) {
  return read_recipe(RecipeFile(text).path(), small);
}

/// What run_trial() would give of a trial with this macro F1.
inline nlohmann::json trial_json(const std::string& model, const std::string& part, std::uint64_t seed, double f1) {
  return {{"model", model}, {"part", part}, {"seed", seed}, {"measures", {{"macro_f1", f1}, {"seconds", 2.5}}}};
}

}  // namespace sctab::experiments::tests
