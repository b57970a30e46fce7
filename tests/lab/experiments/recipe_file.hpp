#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "lab/experiments/recipe.hpp"
#include "support/fixtures.hpp"

namespace sctab::experiments::tests {

/// A recipe.toml in a folder of its own.
class RecipeFile {
 public:
  explicit RecipeFile(const std::string& text) { std::ofstream(path()) << text; }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "recipe.toml"; }

 private:
  sctab::tests::TemporaryFolder folder_;
};

inline Recipe parse_recipe(const std::string& text, bool small = false) {
  return read_recipe(RecipeFile(text).path(), small);
}

/// What run_trial() would give of a trial with this macro F1.
inline nlohmann::json trial_json(const std::string& model, const std::string& part, std::uint64_t seed, double f1) {
  return {{"model", model}, {"part", part}, {"seed", seed}, {"measures", {{"macro_f1", f1}, {"seconds", 2.5}}}};
}

}  // namespace sctab::experiments::tests
