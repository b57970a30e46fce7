// The recipes of the paper's experiments in recipes/.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "lab/experiments/recipe.hpp"
#include "lab/experiments/trial.hpp"
#include "sctab/model/network_tensors.hpp"
#include "sctab/train/plan.hpp"
#include "support/source_folder.hpp"

namespace sctab::experiments::tests {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> recipes() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(sctab::tests::source_folder() / "recipes")) {
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

/// The paper's training cells, genes and types.
train::CorpusSize paper_corpus() {
  constexpr std::int64_t kCells = 14'842'880, kTypes = 164;
  return {.n_train = kCells,
          .n_val = 3'090'432,
          .n_genes = 19'331,
          .cells_per_type = std::vector<std::int64_t>(kTypes, kCells / kTypes)};
}

Recipe recipe_of(const std::string& name, bool small = false) {
  return read_recipe(sctab::tests::source_folder() / "recipes" / (name + ".toml"), small);
}

TEST(Recipes, FullFormsTrainThePapersNetworks) {
  for (const fs::path& path : recipes()) {
    const bool is_of_augmentation = path.stem() == "augmentation";  // on and off
    for (const ModelSpec& model : read_recipe(path, false).models) {
      if (model.training.kind == model::ModelKind::kXgboost && !model.loader) {
        EXPECT_NE(model.training.preset, train::Preset::kLibrary) << path << ": " << model.name;
      }
      if (!model.is_network()) continue;
      EXPECT_TRUE(model.training.is_paper()) << path << ": " << model.name;
      const bool augments =
          is_of_augmentation ? model.name.ends_with(", augmented") : model.training.kind == model::ModelKind::kTabnet;
      EXPECT_EQ(model.augment, augments) << path << ": " << model.name << ": the paper augments TabNet";
      const train::TrainPlan plan = train::choose_plan(model.training, paper_corpus());
      EXPECT_EQ(plan.batch_size, 2048) << path << ": " << model.name;
      EXPECT_EQ(plan.max_epochs, 50) << path << ": " << model.name;
      EXPECT_TRUE(plan.warnings.empty()) << path << ": " << plan.warnings[0];
    }
  }
}

TEST(Recipes, FullFormsHaveAsManySeedsAsThePapersRuns) {
  for (const auto& [name, n] : std::map<std::string, std::size_t>{{"augmentation", 4},
                                                                  {"loader", 5},
                                                                  {"models", 5},
                                                                  {"organs", 5},
                                                                  {"scaling", 5},
                                                                  {"sizes", 5},
                                                                  {"uncertainty", 4}}) {
    EXPECT_EQ(recipe_of(name).seeds.size(), n) << name;
  }
  EXPECT_EQ(recipes().size(), 7U) << "a new one's seeds belong above";
}

TEST(Recipes, PartsMatchThePaper) {
  for (const bool small : {false, true}) {
    std::map<corpus::SubsampleBy, std::vector<double>> fractions;
    for (const PartSpec& part : recipe_of("scaling", small).parts) {
      if (part.is_whole()) continue;
      ASSERT_TRUE(part.by.has_value()) << part.name;
      fractions[*part.by].push_back(part.fraction);
      EXPECT_TRUE(part.keep_types) << part.name << ": training sees all types in each of the paper's parts";
    }
    for (const auto by : {corpus::SubsampleBy::kCells, corpus::SubsampleBy::kDonors}) {
      EXPECT_EQ(fractions[by], (std::vector<double>{0.15, 0.3, 0.5, 0.7}));
    }
  }
  const std::vector<PartSpec> parts = recipe_of("augmentation").parts;
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].by, corpus::SubsampleBy::kDonors);
  EXPECT_EQ(parts[0].fraction, 0.3);
  EXPECT_TRUE(parts[0].keep_types);
}

TEST(Recipes, XgboostHasThePapersSettingsInTheSmallFormToo) {
  for (const ModelSpec& model : recipe_of("models", true).models) {
    if (model.name == "xgboost") {
      EXPECT_NE(model.training.preset, train::Preset::kLibrary);
    }
  }
}

TEST(Recipes, Fig3dHasBothLossesAndTheScoreAfterEachEpoch) {
  for (const bool small : {false, true}) {
    std::set<std::string> drawn;
    for (const FigureSpec& figure : recipe_of("augmentation", small).figures) {
      if (figure.kind == FigureKind::kCurves) drawn.insert(figure.measure);
    }
    EXPECT_EQ(drawn, (std::set<std::string>{"train_loss", "val_loss", "val_macro_f1"}));
  }
}

TEST(Recipes, TheSizesOfFig2fHaveThePapersParameters) {
  const std::vector<double> millions = {1.65, 3.28, 6.68, 9.66, 16.21};
  const Recipe recipe = recipe_of("sizes");
  ASSERT_EQ(recipe.models.size(), millions.size());
  for (std::size_t i = 0; i < millions.size(); ++i) {
    const train::TrainPlan plan = train::choose_plan(recipe.models[i].training, paper_corpus());
    const double found = static_cast<double>(model::count_parameters(plan.architecture)) / 1e6;
    EXPECT_TRUE(std::abs(found - millions[i]) <= 0.005) << recipe.models[i].name << ": " << found;
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
}  // namespace sctab::experiments::tests
