#include "sctab/benchmark/trial.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "benchmark/recipe_file.hpp"
#include "sctab/core/error.hpp"

namespace sctab::benchmark::tests {
namespace {

Recipe example(const std::string& n_d, const std::string& name = "tab net") {
  return parse_recipe(
      "title = \"t\"\nseeds = [1, 2]\n[[part]]\nname = \"all\"\n[[part]]\nname = \"15% of donors\"\n"
      "by = \"donors\"\nfraction = 0.15\n[[model]]\nname = \"" +
      name + "\"\nkind = \"tabnet\"\nn_d = " + n_d +
      "\n[[model]]\nname = \"floor\"\nkind = \"centroid\"\nparts = [\"all\"]\n");
}

TEST(Trial, TheGridIsModelsTimesPartsTimesSeeds) {
  const Recipe recipe = example("16");
  std::vector<std::string> titles;
  for (const Trial& trial : expand(recipe)) titles.push_back(trial.title());
  EXPECT_EQ(titles, (std::vector<std::string>{"tab net, all, seed 1", "floor, all, seed 1", "tab net, all, seed 2",
                                              "floor, all, seed 2", "tab net, 15% of donors, seed 1",
                                              "tab net, 15% of donors, seed 2"}));
  EXPECT_EQ(expand(recipe).back().slug(), "tab-net.15-of-donors.seed-2");
}

TEST(Trial, ItsResultIsFoundAgainAndIsNoOthers) {
  const sctab::tests::TemporaryFolder folder;
  const Recipe recipe = example("16"), changed = example("32");
  const TrialFolder results(folder / "trials", "store-hash");
  const Trial trial = expand(recipe).front();
  EXPECT_FALSE(results.has(trial));
  EXPECT_EQ(results.change(trial), "");
  results.write(trial, {{"measures", {{"macro_f1", 0.5}}}});
  EXPECT_TRUE(results.has(trial));
  EXPECT_EQ(results.read(trial).at("measures").at("macro_f1"), 0.5);

  const std::vector<Trial> others = expand(changed);
  EXPECT_FALSE(results.has(others.front()));
  EXPECT_EQ(results.change(others.front()), "model.n_d: 16 became 32");
  EXPECT_FALSE(results.has(expand(recipe)[2])) << "another seed";
  EXPECT_FALSE(TrialFolder(folder / "trials", "other-hash").has(trial)) << "another store";
  results.write(others.front(), {{"measures", {{"macro_f1", 0.6}}}});
  EXPECT_EQ(results.read(trial).at("measures").at("macro_f1"), 0.5) << "the earlier result stays";
}

TEST(Trial, ARenamedModelsResultHasItsNewName) {
  const sctab::tests::TemporaryFolder folder;
  const Recipe recipe = example("16"), renamed = example("16", "tab-net");
  const TrialFolder results(folder / "trials", "store-hash");
  results.write(expand(recipe).front(), {{"model", "tab net"}, {"part", "an earlier name"}, {"seed", 1}});
  const Trial trial = expand(renamed).front();
  ASSERT_TRUE(results.has(trial));
  EXPECT_EQ(results.read(trial).at("model"), "tab-net");
  EXPECT_EQ(results.read(trial).at("part"), "all");
  EXPECT_EQ(results.read(trial).at("seed"), 1);
}

TEST(Trial, AFileUnderAWrongNameIsRefused) {
  const sctab::tests::TemporaryFolder folder;
  const Recipe recipe = example("16");
  const TrialFolder results(folder / "trials", "store-hash");
  const Trial trial = expand(recipe).front();
  std::ofstream(results.file(trial)) << R"({"identity": 3})";
  SCTAB_EXPECT_THROW_WITH((void)results.read(trial), core::InputError, "tab-net.all.seed-1", "remove it");
}

}  // namespace
}  // namespace sctab::benchmark::tests
