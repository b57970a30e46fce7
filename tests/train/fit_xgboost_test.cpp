#include "sctab/train/fit_xgboost.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/evaluate/evaluate_model.hpp"
#include "sctab/model/boosted_trees.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/train/train.hpp"
#include "support/captured_log.hpp"
#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"

namespace sctab::train {
namespace {

Corpus corpus_of(const store::Store& store) {
  return {store, corpus_size(store), 1, 1};
}

/// What the trees of a model say of made-up components.
std::vector<float> calls_of(const Fitted& fitted) {
  core::Rng rng(7);
  std::vector<float> scores(static_cast<std::size_t>(100 * fitted.n_components));
  for (float& score : scores) score = static_cast<float>(2 * rng.normal());
  return model::probabilities(model::read_boosted_trees(fitted.arrays.bytes(model::kBooster)), scores);
}

TEST(Xgboost, StopsEarlyAndKeepsTheBestRound) {
  core::Progress::set_quiet(true);
  const tests::TemporaryFolder folder;
  const store::Store store = tests::make_tiny_store(folder / "store");
  XgboostOptions options;
  options.pca.n_components = 8;
  options.n_rounds = 400;
  options.eta = 0.5;
  options.early_stopping_rounds = 5;
  const Fitted fitted = fit_xgboost(corpus_of(store), options);
  const int rounds = fitted.facts["rounds"], kept = fitted.facts["rounds_kept"];
  EXPECT_LT(rounds, 400);
  EXPECT_EQ(rounds, kept + 5);
  EXPECT_LT(fitted.facts["best_val_log_loss"].get<double>(), std::log(3.0)) << "of a guess among three";
  options.n_rounds = kept;
  options.early_stopping_rounds = 0;
  const Fitted shorter = fit_xgboost(corpus_of(store), options);
  EXPECT_EQ(calls_of(shorter), calls_of(fitted)) << "a run of the kept rounds alone";
  options.n_rounds = rounds;
  EXPECT_NE(calls_of(fit_xgboost(corpus_of(store), options)), calls_of(fitted)) << "a run of all rounds";
}

TEST(Xgboost, SaysThatItCannotStopEarlyWithoutValidationCells) {
  core::Progress::set_quiet(true);
  const tests::TemporaryFolder folder;
  const store::Store store = tests::make_tiny_store(folder / "store", {.n_cells = {90, 0, 30}});
  XgboostOptions options;
  options.pca.n_components = 4;
  options.n_rounds = 20;
  const tests::CapturedLog log;
  const Fitted fitted = fit_xgboost(corpus_of(store), options);
  EXPECT_NE(log.text().find("all 20 rounds"), std::string::npos) << log.text();
  EXPECT_EQ(fitted.facts["rounds_kept"], 20);
  EXPECT_EQ(fitted.facts["early_stopping_rounds"], 0);
  EXPECT_TRUE(fitted.facts["best_val_log_loss"].is_null());
  options.early_stopping_rounds = 0;  // as asked for: nothing to warn of
  const std::string before = log.text();
  fit_xgboost(corpus_of(store), options);
  EXPECT_EQ(log.text(), before);
}

TEST(Xgboost, WeighsTheTypesAlike) {
  core::Progress::set_quiet(true);
  const tests::TemporaryFolder folder;
  const store::Store store =
      tests::make_tiny_store(folder / "store", {.n_cells = {660, 220, 300}, .deal = {9, 1, 1}, .own_mean = 0.4});
  train(store, {.kind = model::ModelKind::kXgboost, .preset = Preset::kLibrary, .components = 8, .threads = 1},
        folder / "model");
  const auto model = model::Classifier::load(folder / "model", {.threads = 1});
  const auto found = evaluate::evaluate_model(model, store, store::Split::kTest).evaluation;
  // Two thirds of the test cells are of the rare types. Of cells that weigh the same, the model calls them far less.
  std::int64_t rare = 0;
  for (std::size_t truth = 0; truth < 3; ++truth) rare += found.confusion.at(truth, 1) + found.confusion.at(truth, 2);
  EXPECT_GE(rare, 70);
}

TEST(Xgboost, ThePapersValuesAndTheLibrarys) {
  TrainOptions options{.kind = model::ModelKind::kXgboost};
  const TrainOptions paper = with_baseline_defaults(options);
  EXPECT_EQ(paper.xgb_rounds, 800);
  EXPECT_EQ(paper.xgb_eta, 0.05);
  EXPECT_EQ(paper.xgb_subsample, 0.75);
  EXPECT_EQ(paper.xgb_max_depth, 10);
  EXPECT_EQ(paper.components, 256);
  EXPECT_EQ(XgboostOptions().early_stopping_rounds, 10);
  options.preset = Preset::kLibrary;
  options.xgb_subsample = 0.5;
  const TrainOptions library = with_baseline_defaults(options);
  EXPECT_EQ(library.xgb_rounds, 100);
  EXPECT_EQ(library.xgb_eta, 0.3);
  EXPECT_EQ(library.xgb_max_depth, 6);
  EXPECT_EQ(library.xgb_subsample, 0.5) << "as given";
}

}  // namespace
}  // namespace sctab::train
