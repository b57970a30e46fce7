#include "sctab/evaluate/seen_donors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sctab/core/progress.hpp"
#include "sctab/train/train.hpp"
#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"

namespace sctab::train {
namespace {

using store::Split;

class SeenDonorsTest : public testing::Test {
 protected:
  void SetUp() override { core::Progress::set_quiet(true); }

  tests::TemporaryFolder folder_;
  store::Store store_ = tests::make_tiny_store(folder_ / "store");  // a donor a split
};

TEST_F(SeenDonorsTest, AreThoseOfTrainingAndValidation) {
  model::ModelDescription model;
  model.training = {{evaluate::kDonorHashes, evaluate::donor_hashes(store_)}};
  ASSERT_EQ(model.training[evaluate::kDonorHashes].size(), 2U);
  // printf 'donor 0' | sha256sum | head -c 12, and of "donor 1"
  for (const char* hash : {"de2cf72bfe1a", "0f391f0858da"}) {
    EXPECT_EQ(
        std::count(model.training[evaluate::kDonorHashes].begin(), model.training[evaluate::kDonorHashes].end(), hash),
        1)
        << hash;
  }
  for (const auto& [split, n_seen] :
       {std::pair(Split::kTrain, 1), std::pair(Split::kVal, 1), std::pair(Split::kTest, 0)}) {
    const auto seen = evaluate::seen_donors(model, store_, split);
    ASSERT_TRUE(seen.has_value());
    EXPECT_EQ(seen->n_donors, 1);
    EXPECT_EQ(seen->n_seen, n_seen) << store::name(split);
  }
}

TEST_F(SeenDonorsTest, AModelThatDoesNotSayIsNotJudged) {
  model::ModelDescription model;
  EXPECT_FALSE(evaluate::seen_donors(model, store_, Split::kTest).has_value());
  model.training = {{"store", "store"}};
  EXPECT_FALSE(evaluate::seen_donors(model, store_, Split::kTest).has_value());
  model.training[evaluate::kDonorHashes] = "damaged";
  EXPECT_FALSE(evaluate::seen_donors(model, store_, Split::kTest).has_value());
  model.training[evaluate::kDonorHashes] = {1, 2};
  EXPECT_EQ(evaluate::seen_donors(model, store_, Split::kTest)->n_seen, 0);
}

TEST_F(SeenDonorsTest, TrainingNotesThem) {
  TrainOptions options;
  options.kind = model::ModelKind::kLinear;
  options.max_epochs = 1;
  options.threads = 1;
  train(store_, options, folder_ / "model");
  EXPECT_EQ(model::read_description(folder_ / "model").training.at(evaluate::kDonorHashes),
            evaluate::donor_hashes(store_));
}

}  // namespace
}  // namespace sctab::train
