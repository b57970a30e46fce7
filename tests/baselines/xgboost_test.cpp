#include "sctab/baselines/xgboost.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "sctab/baselines/booster.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/progress.hpp"
#include "support/fixtures.hpp"
#include "train/tiny_store.hpp"

namespace sctab::baselines {
namespace {

Corpus corpus_of(const store::Store& store) {
  return {store, train::corpus_size(store), 1, 1};
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
  options.n_rounds = kept;
  options.early_stopping_rounds = 0;
  // A run of the kept rounds alone is the same model.
  const Fitted shorter = fit_xgboost(corpus_of(store), options);
  EXPECT_EQ(shorter.facts["rounds_kept"], kept);
}

TEST(Xgboost, ThePapersValuesAndItsDefaults) {
  const XgboostOptions paper, defaults = XgboostOptions::defaults();
  EXPECT_EQ(paper.n_rounds, 800);
  EXPECT_EQ(paper.eta, 0.05);
  EXPECT_EQ(paper.subsample, 0.75);
  EXPECT_EQ(paper.max_depth, 10);
  EXPECT_EQ(paper.early_stopping_rounds, 10);
  EXPECT_EQ(paper.pca.n_components, 256);
  EXPECT_EQ(defaults.n_rounds, 100);
  EXPECT_EQ(defaults.eta, 0.3);
  EXPECT_EQ(defaults.max_depth, 6);
}

TEST(Booster, LearnsAndSurvivesSaving) {
  // Two classes that one column tells apart.
  const std::vector<float> rows = {0, 5, 1, 5, 2, 5, 7, 5, 8, 5, 9, 5}, labels = {0, 0, 0, 1, 1, 1};
  BoosterData data(rows, 2);
  data.set_labels(labels);
  data.set_weights(std::vector<float>(6, 10));
  Booster booster({{"objective", "multi:softprob"},
                   {"eval_metric", "mlogloss"},
                   {"num_class", "2"},
                   {"nthread", "1"},
                   {"tree_method", "hist"},
                   {"verbosity", "0"}},
                  {&data});
  const double before = booster.evaluate(0, data);
  for (int round = 0; round < 5; ++round) booster.add_round(round, data);
  EXPECT_LT(booster.evaluate(5, data), before);
  const std::vector<float> found = booster.predict(data);
  ASSERT_EQ(found.size(), 12U);
  EXPECT_GT(found[0], 0.8F);
  EXPECT_GT(found[11], 0.8F);
  EXPECT_EQ(Booster(booster.save()).predict(data), found);
  EXPECT_NE(booster.first_rounds(1).predict(data), found);
  const std::vector<std::uint8_t> nonsense = {'{', 'x', 'y', 'z'};
  EXPECT_THROW(Booster{nonsense}, std::runtime_error);
}

}  // namespace
}  // namespace sctab::baselines
