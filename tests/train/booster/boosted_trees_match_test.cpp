// Saved trees give, walked by sctab, what libxgboost gives.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/model/boosted_trees.hpp"
#include "sctab/train/booster.hpp"
#include "train/booster/one_batch.hpp"

namespace sctab::train {
namespace {

constexpr std::int64_t kFeatures = 6;

/// Normal numbers whose first columns tell the classes apart, more or less; a share of them missing.
BoosterBatch samples(std::size_t n, int n_classes, double missing, std::uint64_t seed) {
  core::Rng rng(seed);
  BoosterBatch batch;
  for (std::size_t i = 0; i < n; ++i) {
    const int label = static_cast<int>(i) % n_classes;
    batch.labels.push_back(static_cast<float>(label));
    for (std::int64_t k = 0; k < kFeatures; ++k) {
      const double value = rng.normal() + 2 * std::sin(static_cast<double>((label + 1) * (k + 1)));
      batch.rows.push_back(rng.uniform() < missing ? std::numeric_limits<float>::quiet_NaN()
                                                   : static_cast<float>(value));
    }
  }
  return batch;
}

std::map<std::string, std::string> parameters(int n_classes, int depth) {
  return {{"objective", "multi:softprob"},
          {"num_class", std::to_string(n_classes)},
          {"max_depth", std::to_string(depth)},
          {"eta", "0.3"},
          {"subsample", "0.75"},
          {"tree_method", "hist"},
          {"nthread", "1"},
          {"verbosity", "0"}};
}

Booster trained(const BoosterBatch& batch, const std::map<std::string, std::string>& parameters, int rounds) {
  OneBatch batches(batch);
  const BoosterData data(batches, kFeatures, 1, nullptr);
  Booster booster(parameters, {&data});
  for (int round = 0; round < rounds; ++round) booster.add_round(round, data);
  return booster;
}

/// The same float additions in the same order and the same softmax: equal to the bit, more than the 1e-6 that users
/// are promised.
void expect_the_same(const Booster& booster, const std::vector<float>& rows) {
  const std::vector<float> want = booster.predict(BoosterData(rows, kFeatures));
  const std::vector<float> found = model::probabilities(model::read_boosted_trees(booster.save()), rows);
  ASSERT_EQ(found.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(found[i], want[i]) << i;
}

TEST(BoostedTreesMatch, ForAnyNumberOfClassesAndDepth) {
  for (const int n_classes : {2, 5, 30}) {
    for (const int depth : {1, 2, 3, 5, 8}) {
      SCOPED_TRACE(std::to_string(n_classes) + " classes, depth " + std::to_string(depth));
      const Booster booster = trained(samples(600, n_classes, 0, 1), parameters(n_classes, depth), 6);
      expect_the_same(booster, samples(333, n_classes, 0, 2).rows);
      expect_the_same(booster.first_rounds(2), samples(5, n_classes, 0, 3).rows);
    }
  }
}

TEST(BoostedTreesMatch, OfMissingValues) {
  const Booster booster = trained(samples(600, 5, 0.2, 1), parameters(5, 6), 6);
  expect_the_same(booster, samples(333, 5, 0.2, 2).rows);
  expect_the_same(booster, samples(333, 5, 1.0, 2).rows);
}

TEST(BoostedTreesMatch, OfTreesThatWerePruned) {
  auto pruning = parameters(5, 6);
  pruning["updater"] = "grow_quantile_histmaker,prune";
  pruning["base_score"] = "0.1";
  const BoosterBatch batch = samples(600, 5, 0, 1);
  const std::size_t n_grown = model::read_boosted_trees(trained(batch, pruning, 6).save()).nodes.size();
  pruning["gamma"] = "3";  // deletes nodes of the grown trees
  const Booster booster = trained(batch, pruning, 6);
  EXPECT_LT(model::read_boosted_trees(booster.save()).nodes.size(), n_grown);
  expect_the_same(booster, samples(333, 5, 0, 2).rows);
}

TEST(BoostedTreesMatch, OfAModelThatStoppedEarly) {
  OneBatch train(samples(300, 5, 0, 1)), val(samples(200, 5, 0, 4));
  const BoosterData data(train, kFeatures, 1, nullptr), held_out(val, kFeatures, 1, &data);
  auto eager = parameters(5, 8);
  eager["eta"] = "1";
  eager["eval_metric"] = "mlogloss";
  Booster booster(eager, {&data, &held_out});
  double best = std::numeric_limits<double>::infinity();
  int kept = 0, rounds = 0;
  for (; rounds < 30 && rounds - kept < 3; ++rounds) {
    booster.add_round(rounds, data);
    const double loss = booster.evaluate(rounds, held_out);
    if (loss < best) kept = rounds + 1;
    best = std::min(best, loss);
  }
  ASSERT_LT(kept, rounds) << "it overfits";
  const Booster first = booster.first_rounds(kept);
  EXPECT_EQ(model::read_boosted_trees(first.save()).trees.size(), 5U * static_cast<std::size_t>(kept));
  expect_the_same(first, samples(333, 5, 0, 2).rows);
}

TEST(BoostedTreesMatch, OfOneClass) {
  const Booster booster = trained(samples(20, 1, 0, 1), parameters(1, 2), 2);
  expect_the_same(booster, samples(10, 1, 0, 2).rows);
}

}  // namespace
}  // namespace sctab::train
