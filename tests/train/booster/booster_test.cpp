#include "sctab/train/booster.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/rng.hpp"
#include "support/fixtures.hpp"
#include "train/booster/one_batch.hpp"

namespace sctab::train {
namespace {

/// Rows of two columns that tell two classes apart, and of one that does not, in three batches.
class MadeUpBatches : public BoosterBatches {
 public:
  explicit MadeUpBatches(std::uint64_t seed) {
    core::Rng rng(seed);
    for (int batch = 0; batch < 3; ++batch) {
      BoosterBatch& made = batches_.emplace_back();
      for (int row = 0; row < 500 - batch; ++row) {
        const double label = rng.uniform() < 0.3 ? 1 : 0;
        for (const double value : {rng.normal() + label, rng.normal() - 2 * label, rng.normal()}) {
          made.rows.push_back(static_cast<float>(value));
          all_.push_back(made.rows.back());
        }
        made.labels.push_back(static_cast<float>(label));
        made.weights.push_back(label > 0 ? 2 : 1);
      }
    }
  }
  void restart() override { at_ = 0; }
  bool next(BoosterBatch& batch) override {
    if (fails_at_ == n_asked_++) throw core::InputError({.found = "shard 3 is damaged"});
    if (at_ == batches_.size()) return false;
    batch = batches_[at_++];
    return true;
  }
  [[nodiscard]] const std::vector<float>& all() const { return all_; }
  void fail_at(int call) { fails_at_ = call; }
  [[nodiscard]] int n_asked() const { return n_asked_; }

 private:
  std::vector<BoosterBatch> batches_;
  std::vector<float> all_;
  std::size_t at_ = 0;
  int n_asked_ = 0, fails_at_ = -1;
};

std::map<std::string, std::string> two_classes() {
  return {{"objective", "multi:softprob"}, {"eval_metric", "mlogloss"}, {"num_class", "2"}, {"nthread", "1"},
          {"tree_method", "hist"},         {"verbosity", "0"}};
}

TEST(Booster, SaysTheSameOfBinsAsOfValues) {
  MadeUpBatches train(1), val(2);
  const BoosterData train_bins(train, 3, 2, nullptr), val_bins(val, 3, 2, &train_bins);
  EXPECT_EQ(train.n_asked(), 4 * BoosterData::kPasses);
  EXPECT_EQ(val.n_asked(), 4 * BoosterData::kPassesWithQuantiles);
  Booster booster(two_classes(), {&train_bins, &val_bins});
  for (int round = 0; round < 20; ++round) booster.add_round(round, train_bins);
  for (const auto& [bins, values] : {std::pair(&train_bins, &train.all()), std::pair(&val_bins, &val.all())}) {
    const std::vector<float> of_bins = booster.predict(*bins), of_values = booster.predict(BoosterData(*values, 3));
    ASSERT_EQ(of_bins.size(), 2 * values->size() / 3);
    // The margins of the first were added up round by round.
    for (std::size_t i = 0; i < of_bins.size(); ++i) ASSERT_TRUE(std::abs(of_bins[i] - of_values[i]) <= 1e-5) << i;
  }
  EXPECT_LT(booster.evaluate(19, val_bins), 0.45) << "0.69 is a coin's";
}

TEST(Booster, IsAsGoodOnManyBatchesAsOnOne) {
  MadeUpBatches train(1), val(2);
  OneBatch all_train(train), all_val(val);
  const BoosterData bins(train, 3, 1, nullptr), whole(all_train, 3, 1, nullptr);
  const BoosterData held_out(val, 3, 1, &bins), whole_held_out(all_val, 3, 1, &whole);
  Booster on_many(two_classes(), {&bins}), on_one(two_classes(), {&whole});
  for (int round = 0; round < 10; ++round) {
    on_many.add_round(round, bins);
    on_one.add_round(round, whole);
  }
  // The quantiles may differ by a rank, and no more.
  EXPECT_NEAR(on_many.evaluate(9, held_out), on_one.evaluate(9, whole_held_out), 0.005);
}

TEST(Booster, ThrowsWhatABatchThrows) {
  for (int call = 0; call < 9; ++call) {
    MadeUpBatches batches(1);
    batches.fail_at(call);
    SCTAB_EXPECT_THROW_WITH(BoosterData(batches, 3, 1, nullptr), core::InputError, "shard 3 is damaged");
  }
}

TEST(Booster, LearnsAndSurvivesSaving) {
  // Two classes that one column tells apart.
  const std::vector<float> rows = {0, 5, 1, 5, 2, 5, 7, 5, 8, 5, 9, 5};
  OneBatch samples({rows, {0, 0, 0, 1, 1, 1}, std::vector<float>(6, 10)});
  const BoosterData data(samples, 2, 1, nullptr), to_predict(rows, 2);
  Booster booster(two_classes(), {&data});
  const double before = booster.evaluate(0, data);
  for (int round = 0; round < 5; ++round) booster.add_round(round, data);
  EXPECT_LT(booster.evaluate(5, data), before);
  const std::vector<float> found = booster.predict(to_predict);
  ASSERT_EQ(found.size(), 12U);
  EXPECT_GT(found[0], 0.8F);
  EXPECT_GT(found[11], 0.8F);
  EXPECT_EQ(Booster(booster.save()).predict(to_predict), found);
  EXPECT_NE(booster.first_rounds(1).predict(to_predict), found);
  const std::vector<std::uint8_t> nonsense = {'{', 'x', 'y', 'z'};
  EXPECT_THROW(Booster{nonsense}, std::runtime_error);
}

}  // namespace
}  // namespace sctab::train
