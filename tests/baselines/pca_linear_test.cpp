#include "sctab/baselines/pca_linear.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sctab/baselines/train_baseline.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/nn/classifier.hpp"
#include "sctab/train/evaluate.hpp"
#include "support/fixtures.hpp"
#include "train/tiny_store.hpp"

namespace sctab::baselines {
namespace {

using nlohmann::json;

class PcaLinear : public testing::Test {
 protected:
  void SetUp() override { core::Progress::set_quiet(true); }
  [[nodiscard]] nn::Classifier trained_on(const store::Store& store) const {
    train_baseline(store, {.kind = nn::ModelKind::kPcaLinear, .n_components = 20, .threads = 1}, folder_ / "model");
    return nn::Classifier::load(folder_ / "model", {.threads = 1});
  }
  tests::TemporaryFolder folder_;
};

TEST_F(PcaLinear, KeepsTheBestEpochOfTheBestCandidate) {
  // Types so much alike that the last epoch is not the best, nor all penalties equal.
  const store::Store store = tests::make_tiny_store(folder_ / "store", {.own_mean = 0.5});
  const nn::Classifier model = trained_on(store);
  const json& facts = model.description().training["baseline"];
  ASSERT_EQ(facts["candidates"].size(), 6U);
  double best = 0, worst = 1;
  for (const json& candidate : facts["candidates"]) {
    const double score = candidate["best_val_macro_f1"];
    best = std::max(best, score);
    worst = std::min(worst, score);
    if (candidate["weight_decay"] != facts["weight_decay"] || candidate["whitening"] != facts["whitening"]) continue;
    EXPECT_EQ(candidate["best_epoch"], facts["best_epoch"]);
    EXPECT_EQ(candidate["best_val_macro_f1"], facts["best_val_macro_f1"]);
  }
  EXPECT_LT(worst, best);
  EXPECT_EQ(facts["best_val_macro_f1"], best);
  EXPECT_LT(facts["best_epoch"], facts["epochs"]);
  // The weights are those that had the score: the model as written has it too.
  EXPECT_NEAR(model.description().metrics["macro_f1"].get<double>(), best, 1e-12);
}

TEST_F(PcaLinear, WithoutValidationCellsKeepsTheLastWeightsOfTheFirstCandidate) {
  const store::Store store = tests::make_tiny_store(folder_ / "store", {.n_cells = {300, 0, 60}});
  const nn::Classifier model = trained_on(store);
  const json& facts = model.description().training["baseline"];
  EXPECT_EQ(facts["best_epoch"], facts["epochs"]);
  EXPECT_TRUE(facts["best_val_macro_f1"].is_null());
  EXPECT_EQ(facts["weight_decay"], 0.1);
  EXPECT_EQ(facts["whitening"], 0);
  EXPECT_GE(train::evaluate_model(model, store, store::Split::kTest).evaluation.corrected.macro_f1, 0.9);
}

TEST_F(PcaLinear, WeighsTheTypesAlike) {
  const store::Store store =
      tests::make_tiny_store(folder_ / "store", {.n_cells = {660, 220, 300}, .deal = {9, 1, 1}, .own_mean = 0.4});
  const auto found = train::evaluate_model(trained_on(store), store, store::Split::kTest).evaluation;
  // Two thirds of the test cells are of the rare types. Of cells that weigh the same, the model calls them far less.
  std::int64_t rare = 0;
  for (std::size_t truth = 0; truth < 3; ++truth) rare += found.confusion.at(truth, 1) + found.confusion.at(truth, 2);
  EXPECT_GE(rare, 120);
}

}  // namespace
}  // namespace sctab::baselines
