#include "sctab/train/evaluate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/train/trainer.hpp"
#include "support/fixtures.hpp"
#include "train/tiny_store.hpp"

namespace sctab::train {
namespace {

class Evaluate : public testing::Test {
 protected:
  void SetUp() override {
    core::Progress::set_quiet(true);
    TrainOptions options;
    options.kind = nn::ModelKind::kLinear;
    options.batch_size = 32;
    options.max_epochs = 10;
    options.learning_rate = 0.02;
    options.threads = 1;
    train(tests::make_tiny_store(folder_ / "store"), options, folder_ / "model");
  }
  [[nodiscard]] nn::Classifier model() const { return nn::Classifier::load(folder_ / "model", {.threads = 1}); }

  tests::TemporaryFolder folder_;
};

TEST_F(Evaluate, ScoresEveryCellOfTheSplitInAllAndPerTissue) {
  const store::Store store = store::Store::open(folder_ / "store");
  const ModelEvaluation result = evaluate_model(model(), store, store::Split::kTest);
  EXPECT_EQ(result.evaluation.corrected.n_cells, 60);
  EXPECT_GE(result.evaluation.corrected.macro_f1, 0.9);
  EXPECT_GE(result.evaluation.corrected.macro_f1, result.evaluation.uncorrected.macro_f1);
  ASSERT_EQ(result.evaluation.per_group.size(), 2U);
  EXPECT_EQ(result.evaluation.per_group.at("tissue_general 0").n_cells, 30);
  EXPECT_EQ(result.evaluation.per_group.at("tissue_general 1").n_cells, 30);
  EXPECT_EQ(result.ids.at(0), "CL:0000084");
  EXPECT_EQ(result.labels.at(0), "T cell");
}

TEST_F(Evaluate, GroupsByAnotherField) {
  const store::Store store = store::Store::open(folder_ / "store");
  const auto result = evaluate_model(model(), store, store::Split::kTest, {.group_by = store::Field::kDonor});
  ASSERT_EQ(result.evaluation.per_group.size(), 1U);
  EXPECT_EQ(result.evaluation.per_group.begin()->first, "donor 2");
}

TEST_F(Evaluate, MatchesGenesByIdWhateverTheirOrder) {
  // Other cells have another order of mean expression, and ten genes more than the model knows.
  const store::Store other = tests::make_tiny_store(folder_ / "other", {.n_genes = 70, .seed = 2});
  const nn::Classifier classifier = model();
  ASSERT_FALSE(std::ranges::equal(std::span(other.genes().ids).first(10),
                                  std::span(classifier.description().genes.ids).first(10)));
  EXPECT_GE(evaluate_model(classifier, other, store::Split::kTest).evaluation.corrected.macro_f1, 0.9);
}

TEST_F(Evaluate, RefusesWhatCannotBeCompared) {
  const store::Store empty = tests::make_tiny_store(folder_ / "empty", {.n_cells = {30, 30, 0}});
  SCTAB_EXPECT_THROW_WITH(evaluate_model(model(), empty, store::Split::kTest), core::InputError, "empty", "test");
  const store::Store few = tests::make_tiny_store(folder_ / "few", {.n_genes = 5});
  SCTAB_EXPECT_THROW_WITH(evaluate_model(model(), few, store::Split::kTest), core::InputError, "few",
                          "5 of the model's 60 genes", "--genes");
}

}  // namespace
}  // namespace sctab::train
