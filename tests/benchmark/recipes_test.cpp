// The recipes of the paper's experiments that lie in recipes/.
#include <gtest/gtest.h>

#include <set>

#include "sctab/benchmark/recipe.hpp"
#include "sctab/benchmark/trial.hpp"

namespace sctab::benchmark::tests {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> recipes() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(SCTAB_SOURCE_DIR) / "recipes")) {
    if (entry.path().extension() == ".toml") paths.push_back(entry.path());
  }
  return paths;
}

TEST(Recipes, BothFormsOfEachCanBeRead) {
  EXPECT_FALSE(recipes().empty());
  for (const fs::path& path : recipes()) {
    for (const bool small : {false, true}) {
      const Recipe recipe = read_recipe(path, small);
      EXPECT_FALSE(recipe.draws.empty()) << path;
      EXPECT_GE(recipe.seeds.size(), 2U) << path << ": a test needs two values";
      EXPECT_FALSE(recipe.findings.empty()) << path;
      EXPECT_FALSE(recipe.figures.empty()) << path;
      EXPECT_FALSE(expand(recipe).empty()) << path;
      EXPECT_EQ(recipe.corpus.has_value(), small) << path << ": the full form takes --store";
    }
  }
}

TEST(Recipes, FindingsCompareTrialsThatAreRun) {
  for (const fs::path& path : recipes()) {
    for (const bool small : {false, true}) {
      const Recipe recipe = read_recipe(path, small);
      std::set<std::pair<std::string, std::string>> run;
      for (const Trial& trial : expand(recipe)) run.emplace(trial.model->name, trial.part->name);
      const auto expect_run = [&](const FindingSide& side) {
        EXPECT_TRUE(run.contains({side.model, side.part})) << path << ": " << side.model << ", " << side.part;
        const auto& model = side.over_model.empty() ? side.model : side.over_model;
        const auto& part = side.over_part.empty() ? side.part : side.over_part;
        EXPECT_TRUE(run.contains({model, part})) << path << ": " << model << ", " << part;
      };
      for (const FindingSpec& finding : recipe.findings) {
        expect_run(finding.left);
        if (finding.right) expect_run(*finding.right);
      }
    }
  }
}

}  // namespace
}  // namespace sctab::benchmark::tests
