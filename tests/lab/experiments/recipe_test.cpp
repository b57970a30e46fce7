#include "lab/experiments/recipe.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lab/experiments/parsed_recipe.hpp"
#include "sctab/core/error.hpp"
#include "sctab/train/plan.hpp"
#include "support/fixtures.hpp"

namespace sctab::experiments::tests {
namespace {

using core::InputError;

constexpr const char* kModel = "[[model]]\nname = \"a\"\nkind = \"tabnet\"\n";

std::string with_head(const std::string& rest) {
  return "title = \"t\"\nseeds = [1, 2]\n" + rest;
}

TEST(Recipe, TakesWhatTrainingTakes) {
  const Recipe recipe = parse_recipe(with_head(
      "[[model]]\nname = \"a\"\nkind = \"tabnet\"\npreset = \"paper\"\nn_d = 16\nlearning_rate = 1\nmembers = 5\n"
      "augment = true\nloss = \"hierarchical\"\n[[model]]\nname = \"b\"\nkind = \"xgboost\"\npreset = "
      "\"library\"\ncomponents = 32\nxgb_rounds = 40\nxgb_eta = 0.2\nxgb_max_depth = 4\nxgb_subsample = 0.5\n"));
  ASSERT_EQ(recipe.models.size(), 2U);
  const ModelSpec& tabnet = recipe.models[0];
  EXPECT_TRUE(tabnet.is_network());
  EXPECT_TRUE(tabnet.training.is_paper());
  EXPECT_EQ(tabnet.training.n_d, 16);
  EXPECT_EQ(tabnet.training.n_a, std::nullopt);
  EXPECT_EQ(tabnet.training.learning_rate, 1.0) << "a whole number is a number";
  EXPECT_EQ(tabnet.training.members, 5);
  EXPECT_TRUE(tabnet.augment);
  EXPECT_EQ(tabnet.training.loss, train::LossKind::kHierarchical);
  const ModelSpec& trees = recipe.models[1];
  EXPECT_FALSE(trees.is_network());
  EXPECT_EQ(trees.training.preset, train::Preset::kLibrary);
  EXPECT_EQ(trees.training.components, 32);
  EXPECT_EQ(trees.training.xgb_rounds, 40);
  EXPECT_EQ(trees.training.xgb_eta, 0.2);
  EXPECT_EQ(trees.training.xgb_max_depth, 4);
  EXPECT_EQ(trees.training.xgb_subsample, 0.5);
  ASSERT_EQ(recipe.parts.size(), 1U) << "the whole corpus where no part is given";
  EXPECT_TRUE(recipe.parts[0].is_whole());
  EXPECT_FALSE(recipe.corpus.has_value());
}

TEST(Recipe, TakesSamplingAndSmoothing) {
  const Recipe recipe = parse_recipe(with_head(std::string(kModel) +
                                               "sampling = \"balanced\"\nsampling_power = 1\nlabel_smoothing = 0.1\n"
                                               "smoothing = \"uniform\"\n"));
  const train::TrainOptions& plan = recipe.models[0].training;
  EXPECT_EQ(plan.sampling, train::Sampling::kBalanced);
  EXPECT_EQ(plan.sampling_power, 1.0);
  EXPECT_EQ(plan.label_smoothing, 0.1);
  EXPECT_EQ(plan.smoothing, train::Smoothing::kUniform);
  SCTAB_EXPECT_THROW_WITH(parse_recipe(with_head(std::string(kModel) + "sampling = \"even\"\n")), InputError,
                          "sampling", "balanced");
}

TEST(Recipe, TakesACovariate) {
  const std::string covariate = std::string(kModel) + "covariate = \"tissue\"\n";
  const Recipe recipe = parse_recipe(with_head(covariate + "covariate_dropout = 0.5\n"));
  EXPECT_EQ(recipe.models[0].training.covariate, "tissue");
  EXPECT_EQ(recipe.models[0].training.covariate_dropout, 0.5);
  EXPECT_EQ(recipe.models[0].as_given.at("covariate"), "tissue") << "it decides the results";
  const auto refused = [](const std::string& model, const char* key, const char* why) {
    SCTAB_EXPECT_THROW_WITH(parse_recipe(with_head(model)), InputError, key, why);
  };
  refused(std::string(kModel) + "covariate = \"donor\"\n", "covariate", "tissue_general");
  refused(std::string(kModel) + "covariate_dropout = 0.5\n", "covariate_dropout", "no effect without covariate;");
  refused(std::string(kModel) + "sampling = \"each\"\nsampling_power = 0.5\n", "sampling_power",
          "no effect without sampling = \"balanced\";");
  for (const char* share : {"1", "-0.1"}) {
    refused(covariate + "covariate_dropout = " + share + "\n", "covariate_dropout", "from 0 to below 1");
  }
  refused(covariate + "covariate_dropout = nan\n", "covariate_dropout", "a number");
}

TEST(Recipe, TheSmallFormOverrides) {
  const std::string text = with_head(std::string(kModel) +
                                     "[corpus]\nsources = [\"a.h5ad\"]\nmin_cells = 7\nmin_donors = 3\n"
                                     "[small]\nseeds = [5]\n[small.corpus]\nmin_donors = 1\n");
  EXPECT_EQ(parse_recipe(text).seeds.size(), 2U);
  EXPECT_EQ(parse_recipe(text).corpus->build.curation.min_donors, 3);
  const Recipe small = parse_recipe(text, true);
  EXPECT_EQ(small.seeds, std::vector<std::uint64_t>{5});
  EXPECT_EQ(small.corpus->build.curation.min_donors, 1);
  EXPECT_EQ(small.corpus->build.curation.min_cells, 7);
  SCTAB_EXPECT_THROW_WITH(parse_recipe(with_head(kModel), true), InputError, "[small]", "--small");
}

TEST(Recipe, MistakesAreReportedWithFileLineAndKey) {
  const auto refused = [](const std::string& rest, const char* first, const char* second, const char* third) {
    SCTAB_EXPECT_THROW_WITH(parse_recipe(with_head(rest)), InputError, "recipe.toml", first, second, third);
  };
  const std::string model = kModel;
  refused(model + "n_dd = 3\n", "line 6", "[[model]] n_dd", "n_d");
  refused(model + "n_d = 3.5\n", "line 6", "3.5", "whole number");
  refused(model + "n_d = \"3\"\n", "line 6", "\"3\"", "whole number");
  refused(model + "augment = 1\n", "line 6", "augment", "true or false");
  refused(model + "dropout = 0.1\n", "line 6", "dropout",
          "applies to mlp and mixed, and this model is tabnet; remove the option");
  refused(model + "preset = \"defaults\"\n", "line 6", "preset", "paper or library");
  refused(model + "n_d = -4\n", "line 6", "[[model]] n_d", "-4");
  refused(model + "n_a = 8\nlearning_rate = -1\n", "line 7", "learning_rate", "above 0");
  refused("[[model]]\nname = \"a\"\nkind = \"mixed\"\nhidden_size = -4\n", "line 6", "hidden_size", "-4");
  refused("[[model]]\nname = \"a\"\nkind = \"xgboost\"\ncomponents = -5\n", "line 6", "components", "1 to 2000");
  refused("[[model]]\nname = \"a\"\nkind = \"xgboost\"\nxgb_eta = 0.1\nxgb_max_depth = 0\n", "line 7", "xgb_max_depth",
          "1 to 30");
  refused(model + "members = 0\n", "line 6", "members", "from 1 to 1000");
  refused("[[model]]\nkind = \"linear\"\n", "line 3", "name", "missing");
  refused("[[model]]\nname = \"a\"\nkind = \"forest\"\n", "line 5", "forest", "centroid");
  refused("model = 3\n", "line 3", "model", "list of tables");
  refused("colour = 3\n" + model, "line 3", "colour", "not a known key");
  refused("", "model", "at least one", "[[model]]");
  refused(model + "[[part]]\nname = \"x\"\nby = \"cells\"\n", "line 6", "fraction", "missing");
  refused(model + "[[part]]\nname = \"x\"\nby = \"cells\"\nfraction = 1.5\n", "line 9", "1.5", "at most 1");
  refused(model + "[[part]]\nname = \"x\"\nfraction = 0.5\n", "line 8", "by is missing", "donors");
  refused(model + "[corpus]\nmin_cells = 1\n", "corpus", "sources", "simulate");
  refused(model + "[corpus.simulate]\ncells = \"many\"\n", "line 7", "cells", "whole number");
  refused(model + model, "a", "two", "name of its own");
  refused(model + "parts = [\"y\"]\n", "model 'a'", "'y'", "all");
  refused(model + "[[figure]]\ntitle = \"f\"\nkind = \"pie\"\n", "line 8", "pie", "bars");
  refused(model + "[[figure]]\ntitle = \"f\"\nkind = \"bars\"\nmodels = [\"z\"]\n", "figure 'f'", "'z'", "expected a");
  const std::string finding = model + "[[finding]]\ntext = \"f\"\npaper = \"p\"\n";
  refused(finding + "left = {model = \"a\"}\n", "finding", "right", "than");
  refused(finding + "left = {model = \"q\"}\nthan = 0.5\n", "finding 'f'", "'q'", "expected a");
  refused(finding + "left = {model = \"a\", seed = 2}\nthan = 0.5\n", "line 9", "seed", "over_part");
  for (const char* seed : {"-1", "1.0", "18446744073709551616", "100000000000000000000", "1e30"}) {
    SCTAB_EXPECT_THROW_WITH(parse_recipe(fmt::format("title = \"t\"\nseeds = [{}]\n{}", seed, model)), InputError,
                            "line 2");
  }
  SCTAB_EXPECT_THROW_WITH(parse_recipe("title = \"t\"\nseeds = [1, 1]\n" + model), InputError, "line 2", "seeds",
                          "once");
}

TEST(Recipe, AFindingMayOnlyNameTrialsOfTheGrid) {
  const std::string head = with_head(kModel) + "[[model]]\nname = \"b\"\nkind = \"linear\"\nparts = [\"half\"]\n" +
                           "[[part]]\nname = \"all\"\n[[part]]\nname = \"half\"\nby = \"cells\"\nfraction = 0.5\n" +
                           "[[finding]]\ntext = \"f\"\npaper = \"p\"\nthan = 0.5\n";
  EXPECT_NO_THROW(parse_recipe(head + "left = {model = \"b\", part = \"half\", over_model = \"a\"}\n"));
  for (const char* side : {"left = {model = \"b\"}\n", "left = {model = \"a\", over_model = \"b\"}\n",
                           "left = {model = \"b\", part = \"half\", over_part = \"all\"}\n"}) {
    SCTAB_EXPECT_THROW_WITH(parse_recipe(head + side), InputError, "finding 'f'", "'b' on the part 'all'",
                            "one of its parts: half");
  }
}

TEST(Recipe, APartOfAllCellsOfATissueNeedsNoFraction) {
  const std::string head = with_head(kModel) + "[[part]]\nname = \"x\"\nonly_tissues = [\"lung\"]\n";
  const PartSpec plain = parse_recipe(head).parts.at(0);
  EXPECT_FALSE(plain.is_whole());
  for (const char* share : {"fraction = 1\n", "by = \"cells\"\nfraction = 1\n", "by = \"donors\"\nfraction = 1.0\n"}) {
    const PartSpec given = parse_recipe(head + share).parts.at(0);
    EXPECT_EQ(given.fraction, 1) << share;
    EXPECT_EQ(to_json(given), to_json(plain)) << share << ": the same cells are the same trial";
  }
  EXPECT_NE(to_json(parse_recipe(head + "by = \"donors\"\nfraction = 0.5\n").parts.at(0)), to_json(plain));
  const std::string whole = "[[part]]\nname = \"x\"\nby = \"cells\"\nfraction = 1\n";
  EXPECT_TRUE(parse_recipe(with_head(kModel) + whole).parts.at(0).is_whole());
}

TEST(Recipe, AMixedEnsembleTakesTheSizesOfItsKinds) {
  const Recipe recipe =
      parse_recipe(with_head("[[model]]\nname = \"m\"\nkind = \"mixed\"\nmembers = 1\nn_d = 16\nn_a = 8\nn_hidden = 2\n"
                             "dropout = 0.5\n"));
  const std::vector<train::TrainPlan> plans = train::choose_plans(
      recipe.models.at(0).training,
      {.n_train = 1000, .n_val = 100, .n_genes = 50, .cells_per_type = std::vector<std::int64_t>(4, 250)});
  ASSERT_EQ(plans.size(), 3U);
  EXPECT_EQ(plans[0].architecture.tabnet.n_d, 16);
  EXPECT_EQ(plans[0].architecture.tabnet.n_a, 8);
  EXPECT_EQ(plans[1].architecture.mlp.n_hidden, 2);
  EXPECT_EQ(plans[1].architecture.mlp.dropout, 0.5);
}

TEST(Recipe, ALoaderIsAModelThatIsNotTrained) {
  const Recipe recipe = parse_recipe(
      with_head("[[model]]\nname = \"l\"\nkind = \"loader\"\nthreads = 2\nrows_per_block = 1\ncold = true\n"));
  ASSERT_TRUE(recipe.models[0].loader.has_value());
  EXPECT_EQ(recipe.models[0].loader->rows_per_block, 1);
  EXPECT_TRUE(recipe.models[0].cold);
  EXPECT_FALSE(recipe.models[0].is_network());
  SCTAB_EXPECT_THROW_WITH(parse_recipe(with_head("[[model]]\nname = \"l\"\nkind = \"loader\"\nrows_per_block = 0\n")),
                          InputError, "recipe.toml", "rows_per_block");
}

}  // namespace
}  // namespace sctab::experiments::tests
