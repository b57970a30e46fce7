#include "sctab/evaluate/evaluate_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/train/train.hpp"
#include "support/fixtures.hpp"
#include "support/log_normalised_copy.hpp"
#include "support/tiny_store.hpp"

namespace sctab::train {
namespace {

class Evaluate : public testing::Test {
 protected:
  void SetUp() override {
    core::Progress::set_quiet(true);
    train(tests::make_tiny_store(folder_ / "store"), options(), folder_ / "model");
  }
  static TrainOptions options() {
    TrainOptions options;
    options.kind = model::ModelKind::kLinear;
    options.batch_size = 32;
    options.max_epochs = 10;
    options.learning_rate = 0.02;
    options.threads = 1;
    return options;
  }
  [[nodiscard]] model::Classifier model() const { return model::Classifier::load(folder_ / "model", {.threads = 1}); }

  tests::TemporaryFolder folder_;
};

TEST_F(Evaluate, ScoresEveryCellOfTheSplitInAllAndPerTissue) {
  const store::Store store = store::Store::open(folder_ / "store");
  const evaluate::ModelEvaluation result = evaluate::evaluate_model(model(), store, store::Split::kTest);
  EXPECT_EQ(result.evaluation.corrected.n_cells, 60);
  EXPECT_GE(result.evaluation.corrected.macro_f1, 0.9);
  EXPECT_GE(result.evaluation.corrected.macro_f1, result.evaluation.uncorrected.macro_f1);
  ASSERT_EQ(result.evaluation.per_group.size(), 2U);
  EXPECT_EQ(result.evaluation.per_group.at("tissue_general 0").n_cells, 30);
  EXPECT_EQ(result.evaluation.per_group.at("tissue_general 1").n_cells, 30);
  EXPECT_EQ(result.ids.at(0), "CL:0000084");
  EXPECT_EQ(result.labels.at(0), "T cell");
}

TEST_F(Evaluate, CellsOfALogNormalisedStoreAreNotNormalisedAgain) {
  const store::Store counts = store::Store::open(folder_ / "store");
  const store::Store copy = sctab::tests::log_normalised_copy(counts, folder_ / "log");
  const model::Classifier classifier = model();
  const auto expected = evaluate::evaluate_model(classifier, counts, store::Split::kTest);
  const auto found = evaluate::evaluate_model(classifier, copy, store::Split::kTest);
  EXPECT_EQ(found.evaluation.corrected.macro_f1, expected.evaluation.corrected.macro_f1);
  ASSERT_EQ(found.uncertainty.size(), 1U);
  EXPECT_NEAR(found.uncertainty[0].calibration.expected_calibration_error,
              expected.uncertainty[0].calibration.expected_calibration_error, 1e-9)
      << "of the probabilities, in another order of cells";
}

TEST_F(Evaluate, GroupsByAnotherField) {
  const store::Store store = store::Store::open(folder_ / "store");
  const auto result = evaluate::evaluate_model(model(), store, store::Split::kTest, {.group_by = store::Field::kDonor});
  ASSERT_EQ(result.evaluation.per_group.size(), 1U);
  EXPECT_EQ(result.evaluation.per_group.begin()->first, "donor 2");
}

TEST_F(Evaluate, CellsOfNoGroupAreUnknown) {
  const store::Store store = tests::make_tiny_store(folder_ / "missing", {.first_tissue_missing = true});
  const auto result = evaluate::evaluate_model(model(), store, store::Split::kTest);
  ASSERT_EQ(result.evaluation.per_group.size(), 2U);
  EXPECT_EQ(result.evaluation.per_group.at("unknown").n_cells, 30);
  EXPECT_EQ(result.evaluation.per_group.at("tissue_general 1").n_cells, 30);
}

TEST_F(Evaluate, MatchesGenesByIdInAnyOrder) {
  // Other cells have another order of mean expression, and ten genes more than the model knows.
  const store::Store other = tests::make_tiny_store(folder_ / "other", {.n_genes = 70, .seed = 2});
  const model::Classifier classifier = model();
  ASSERT_FALSE(std::ranges::equal(std::span(other.genes().ids).first(10),
                                  std::span(classifier.description().genes.ids).first(10)));
  EXPECT_GE(evaluate::evaluate_model(classifier, other, store::Split::kTest).evaluation.corrected.macro_f1, 0.9);
}

TEST_F(Evaluate, SaysOfEachEnsembleWhatItsUncertaintyIsWorth) {
  const store::Store store = store::Store::open(folder_ / "store");
  TrainOptions options;
  options.kind = model::ModelKind::kLinear;
  options.batch_size = 32;
  options.max_epochs = 1;
  options.learning_rate = 1e-4;  // leaves wrong calls
  options.threads = 1;
  options.members = 3;
  train(store, options, folder_ / "three");
  const auto three =
      evaluate::evaluate_model(model::Classifier::load(folder_ / "three", {.threads = 1}), store, store::Split::kTest);
  options.members = 1;
  train(store, options, folder_ / "one");
  const auto one =
      evaluate::evaluate_model(model::Classifier::load(folder_ / "one", {.threads = 1}), store, store::Split::kTest);

  ASSERT_EQ(three.uncertainty.size(), 3U);
  ASSERT_EQ(one.uncertainty.size(), 1U);
  ASSERT_GT(one.uncertainty[0].n_wrong, 0);
  ASSERT_GT(one.uncertainty[0].n_right, 0);
  EXPECT_EQ(three.uncertainty[0].auc_right_wrong, one.uncertainty[0].auc_right_wrong);
  EXPECT_EQ(three.uncertainty[0].calibration.expected_calibration_error,
            one.uncertainty[0].calibration.expected_calibration_error);
  EXPECT_EQ(three.uncertainty[0].macro_f1, one.evaluation.corrected.macro_f1);
  EXPECT_EQ(three.uncertainty[2].macro_f1, three.evaluation.corrected.macro_f1);
  for (const evaluate::Uncertainty& found : three.uncertainty) {
    EXPECT_EQ(found.n_right + found.n_wrong, 60);
    EXPECT_EQ(found.n_absent, 0);
    EXPECT_TRUE(std::isnan(found.auc_known_absent));
  }
  EXPECT_NE(three.uncertainty[0].calibration.expected_calibration_error,
            three.uncertainty[2].calibration.expected_calibration_error);
}

TEST_F(Evaluate, CellsOfTypesWithoutTrainingCellsAreTheMoreUncertain) {
  // A store like the model's, but with no B cells to train on.
  const store::Store store = tests::make_tiny_store(folder_ / "few types", {.n_train_types = 2});
  train(store, options(), folder_ / "without");
  const auto found = evaluate::evaluate_model(model::Classifier::load(folder_ / "without", {.threads = 1}), store,
                                              store::Split::kTest);
  const evaluate::Uncertainty& uncertainty = found.uncertainty.at(0);
  EXPECT_EQ(uncertainty.n_absent, 20);
  EXPECT_EQ(uncertainty.n_right + uncertainty.n_wrong, 40);
  EXPECT_GT(uncertainty.auc_known_absent, 0.8);
  EXPECT_LE(uncertainty.auc_known_absent, 1);
  ASSERT_EQ(found.absent_types.size(), 1U);
  EXPECT_EQ(found.labels.at(static_cast<std::size_t>(found.absent_types[0].type)), "B cell");
  EXPECT_EQ(found.absent_types[0].n_cells, 20);
  EXPECT_EQ(found.absent_types[0].auc_known, uncertainty.auc_known_absent) << "it is the only one";
}

TEST_F(Evaluate, RefusesWhatCannotBeCompared) {
  const store::Store empty = tests::make_tiny_store(folder_ / "empty", {.n_cells = {30, 30, 0}});
  SCTAB_EXPECT_THROW_WITH(evaluate::evaluate_model(model(), empty, store::Split::kTest), core::InputError, "empty",
                          "test");
  const store::Store few = tests::make_tiny_store(folder_ / "few", {.n_genes = 5});
  SCTAB_EXPECT_THROW_WITH(evaluate::evaluate_model(model(), few, store::Split::kTest), core::InputError, "few",
                          "5 of the model's 60 genes", "--genes");
}

}  // namespace
}  // namespace sctab::train
