#include "lab/experiments/trial.hpp"

#include <gtest/gtest.h>

#include "lab/experiments/parsed_recipe.hpp"
#include "sctab/core/thread_pool.hpp"

namespace sctab::experiments::tests {
namespace {

Recipe grid_of_trials(const std::string& n_d, const std::string& name = "tab net") {
  return parse_recipe(
      "title = \"t\"\nseeds = [1, 2]\n[[part]]\nname = \"all\"\n[[part]]\nname = \"15% of donors\"\n"
      "by = \"donors\"\nfraction = 0.15\n[[model]]\nname = \"" +
      name + "\"\nkind = \"tabnet\"\nn_d = " + n_d +
      "\n[[model]]\nname = \"floor\"\nkind = \"centroid\"\nparts = [\"all\"]\n");
}

TEST(Trial, TheGridIsModelsTimesPartsTimesSeeds) {
  const Recipe recipe = grid_of_trials("16");
  std::vector<std::string> titles;
  for (const Trial& trial : expand(recipe)) titles.push_back(trial.title());
  EXPECT_EQ(titles, (std::vector<std::string>{"tab net, all, seed 1", "floor, all, seed 1", "tab net, all, seed 2",
                                              "floor, all, seed 2", "tab net, 15% of donors, seed 1",
                                              "tab net, 15% of donors, seed 2"}));
  EXPECT_EQ(expand(recipe).back().slug(), "tab-net.15-of-donors.seed-2");
}

bool differ(const ModelSpec& model, const TrialConditions& one, const TrialConditions& other) {
  const PartSpec part;
  const Trial trial{&model, &part, 1};
  return trial.identity(one) != trial.identity(other);
}

TEST(Trial, ItsIdentityIsWhatItsResultDependsOn) {
  const Recipe recipe = parse_recipe(
      "title = \"t\"\nseeds = [1]\n[[model]]\nname = \"linear\"\nkind = \"linear\"\n"
      "[[model]]\nname = \"two\"\nkind = \"loader\"\nthreads = 2\n[[model]]\nname = \"all\"\nkind = \"loader\"\n");
  const TrialConditions plain{"store", kernels::Device::kCpu}, cuda{"store", kernels::Device::kCuda};
  const ModelSpec &linear = recipe.models[0], &two = recipe.models[1], &all = recipe.models[2];
  EXPECT_TRUE(differ(linear, plain, {"other", kernels::Device::kCpu}));
  EXPECT_TRUE(differ(linear, plain, cuda));
  EXPECT_FALSE(differ(two, plain, cuda)) << "a loader reads on the processor";
  const PartSpec part;
  const auto identity = [&](const ModelSpec& model) { return Trial{&model, &part, 1}.identity(plain); };
  EXPECT_EQ(identity(linear).at("sctab_version"), SCTAB_VERSION);
  EXPECT_FALSE(identity(linear).contains("threads")) << "weights are the same for any number of them";
  EXPECT_EQ(identity(two).at("threads"), 2);
  EXPECT_EQ(identity(all).at("threads"), core::default_threads());
}

}  // namespace
}  // namespace sctab::experiments::tests
