#include <gtest/gtest.h>

#include "sctab/core/progress.hpp"
#include "sctab/evaluate/evaluate_model.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/train/train.hpp"
#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"

namespace sctab::train {
namespace {

TEST(Knn, KnowsTypesThatOverlapOnCellsItNeverSaw) {
  core::Progress::set_quiet(true);
  const tests::TemporaryFolder folder;
  const store::Store store = tests::make_tiny_store(folder / "store", {.own_mean = 0.5});
  TrainOptions options{.kind = model::ModelKind::kKnn, .components = 8, .threads = 1, .overwrite = true};
  const auto score = [&] {
    train(store, options, folder / "model");
    const auto model = model::Classifier::load(folder / "model", {.threads = 1});
    return evaluate::evaluate_model(model, store, store::Split::kTest).evaluation.corrected.macro_f1;
  };
  const double fifteen = score();
  EXPECT_GE(fifteen, 0.7);
  options.neighbours = 1;
  EXPECT_LT(score(), fifteen) << "a single neighbour is a noisier vote";
}

TEST(Knn, SaysWhatItIs) {
  core::Progress::set_quiet(true);
  const tests::TemporaryFolder folder;
  const store::Store store = tests::make_tiny_store(folder / "store");
  const TrainResult result =
      train(store, {.kind = model::ModelKind::kKnn, .components = 5, .neighbours = 3, .threads = 1}, folder / "model");
  EXPECT_EQ(result.facts.at("neighbours"), 3);
  EXPECT_EQ(result.facts.at("reference_cells"), store.n_cells(store::Split::kTrain));
  EXPECT_EQ(model::read_description(folder / "model").architecture.n_components, 5);
}

}  // namespace
}  // namespace sctab::train
