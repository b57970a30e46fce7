#include "sctab/model/boosted_trees.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "model/boosted_trees/saved_booster.hpp"
#include "sctab/core/rng.hpp"

namespace sctab::model::tests {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> margins_of(const json& booster, const std::vector<float>& rows) {
  return margins(read_boosted_trees(saved(booster)), rows);
}

TEST(BoostedTrees, AddsTheLeavesOfEachClass) {
  const BoostedTrees trees = read_boosted_trees(saved(small_booster()));
  EXPECT_EQ(trees.n_features, 3);
  EXPECT_EQ(trees.n_classes(), 2U);
  EXPECT_EQ(trees.trees.size(), 4U);
  EXPECT_EQ(trees.nodes.size(), 12U);
  // Each class has 0.5, a leaf (-0.5 or 0.25) and the tree's 1, -2 or 4. What equals a threshold goes right.
  EXPECT_EQ(margins(trees, std::vector<float>{0, 0.4F, 9}), (std::vector<float>{1, 1.75F}));
  EXPECT_EQ(margins(trees, std::vector<float>{-1.5F, 0.5F, 9}), (std::vector<float>{-2, -1.25F}));
  EXPECT_EQ(margins(trees, std::vector<float>{-1, 0.5F, 9}), (std::vector<float>{4, 4.75F}));
  EXPECT_EQ(margins(trees, {}), std::vector<float>{});
}

TEST(BoostedTrees, SendsMissingAndInfiniteValuesOneWay) {
  const BoostedTrees trees = read_boosted_trees(saved(small_booster()));
  EXPECT_EQ(margins(trees, std::vector<float>{5, kMissing, 0})[0], 4);
  EXPECT_EQ(margins(trees, std::vector<float>{kMissing, 1, 0})[0], -2);
  EXPECT_EQ(margins(trees, std::vector<float>{kMissing, kMissing, kMissing})[0], -2);
  EXPECT_EQ(margins(trees, std::vector<float>{kMissing, 0, 0})[0], 1);
  EXPECT_EQ(margins(trees, std::vector<float>{kInfinity, kInfinity, kInfinity})[0], 4);
  EXPECT_EQ(margins(trees, std::vector<float>{-kInfinity, -kInfinity, -kInfinity})[0], 1);
}

TEST(BoostedTrees, MakesProbabilitiesOfMargins) {
  const BoostedTrees trees = read_boosted_trees(saved(small_booster()));
  const std::vector<float> found = probabilities(trees, std::vector<float>{0, 0.4F, 9});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NEAR(found[0], 1 / (1 + std::exp(0.75)), 1e-7);
  EXPECT_NEAR(found[1], 1 / (1 + std::exp(-0.75)), 1e-7);
}

TEST(BoostedTrees, ReadsWhatNewerVersionsWrite) {
  const std::vector<float> rows = {0, 0.4F, 9, -1.5F, 0.5F, 9};
  const std::vector<float> want = margins_of(small_booster(), rows);
  json booster = small_booster();
  json& model = booster["learner"]["gradient_booster"]["model"];
  json& parameters = booster["learner"]["learner_model_param"];
  model["iteration_indptr"] = {0, 2, 4};
  model["cats"] = {{"enc", json::array()}, {"feature_segments", json::array()}, {"sorted_idx", json::array()}};
  parameters["boost_from_average"] = "1";
  parameters["num_target"] = "1";
  for (json& tree : model["trees"]) tree["tree_param"]["size_leaf_vector"] = "1";
  parameters["base_score"] = "[5E-1]";
  EXPECT_EQ(margins_of(booster, rows), want);
  parameters["base_score"] = "[5E-1,5E-1]";
  EXPECT_EQ(margins_of(booster, rows), want);
  parameters["base_score"] = "[5E-1,-1.5E0]";
  EXPECT_EQ(margins_of(booster, rows)[1], want[1] - 2);
  for (json& tree : model["trees"]) tree.erase("split_type");  // older ones
  EXPECT_EQ(margins_of(booster, rows)[0], want[0]);
}

TEST(BoostedTrees, FollowsNodesInAnyOrderAndDropsDeletedOnes) {
  json booster = small_booster();
  json& tree = first_tree(booster);
  // The root's right child is 1, whose children are 5 and 3; 2 and 6 were pruned.
  tree["left_children"] = {4, 5, -1, -1, -1, -1, 6};
  tree["right_children"] = {1, 3, -1, -1, -1, -1, 6};
  tree["split_conditions"] = {0.5, -1.0, std::numeric_limits<float>::infinity(), 4.0, 1.0, -2.0, 0.0};
  tree["split_indices"] = {1, 0, 2147483647, 0, 0, 0, 2147483647};
  tree["default_left"] = {0, 1, 0, 0, 0, 0, 0};
  tree["split_type"] = {0, 0, 0, 0, 0, 0, 0};
  const std::vector<float> rows = {0, 0.4F, 9, -1.5F, 0.5F, 9, -1, 0.5F, 9, kMissing, kMissing, kMissing};
  EXPECT_EQ(margins_of(booster, rows), margins_of(small_booster(), rows));
}

/// A tree of up to `depth` splits on random features at random thresholds.
json random_tree(core::Rng& rng, int depth, int n_features) {
  json tree = leaf(0);
  std::vector<int> left, right, features, default_left, depths = {0};
  std::vector<float> conditions;
  for (std::size_t id = 0; id < depths.size(); ++id) {
    const bool is_leaf = depths[id] == depth || (id > 0 && rng.uniform() < 0.2);
    left.push_back(is_leaf ? -1 : static_cast<int>(depths.size()));
    right.push_back(is_leaf ? -1 : static_cast<int>(depths.size()) + 1);
    features.push_back(static_cast<int>(rng.uniform() * n_features));
    default_left.push_back(rng.uniform() < 0.5 ? 0 : 1);
    conditions.push_back(static_cast<float>(rng.normal()));
    if (!is_leaf) depths.insert(depths.end(), 2, depths[id] + 1);
  }
  tree["left_children"] = left;
  tree["right_children"] = right;
  tree["split_indices"] = features;
  tree["split_conditions"] = conditions;
  tree["default_left"] = default_left;
  tree["split_type"] = std::vector<int>(left.size(), 0);
  return tree;
}

/// Plain steps through the saved arrays.
float leaf_of(const json& tree, const float* row) {
  int id = 0;
  while (tree["left_children"][static_cast<std::size_t>(id)] != -1) {
    const auto at = static_cast<std::size_t>(id);
    const float x = row[tree["split_indices"][at].get<int>()];
    const bool left = std::isnan(x) ? tree["default_left"][at] == 1 : x < tree["split_conditions"][at].get<float>();
    id = tree[left ? "left_children" : "right_children"][at];
  }
  return tree["split_conditions"][static_cast<std::size_t>(id)];
}

TEST(BoostedTrees, AgreesWithPlainStepsForAnyNumberOfRows) {
  constexpr int kFeatures = 5, kClasses = 3;
  core::Rng rng(3);
  json booster = small_booster();
  booster["learner"]["learner_model_param"]["num_class"] = "3";
  booster["learner"]["learner_model_param"]["num_feature"] = "5";
  json& model = booster["learner"]["gradient_booster"]["model"];
  model["trees"] = json::array();
  model["tree_info"] = json::array();
  for (int i = 0; i < 12; ++i) {
    model["trees"].push_back(random_tree(rng, i % 5, kFeatures));
    model["tree_info"].push_back(i % kClasses);
  }
  const BoostedTrees trees = read_boosted_trees(saved(booster));
  for (const std::size_t n_rows : {1U, 7U, 8U, 9U, 127U, 128U, 129U, 300U}) {
    std::vector<float> rows(n_rows * kFeatures);
    for (float& x : rows) x = n_rows % 2 == 1 && rng.uniform() < 0.2 ? kMissing : static_cast<float>(rng.normal());
    const std::vector<float> found = margins(trees, rows);
    ASSERT_EQ(found.size(), n_rows * kClasses);
    for (std::size_t row = 0; row < n_rows; ++row) {
      std::vector<float> want(kClasses, 0.5F);
      for (std::size_t i = 0; i < 12; ++i) want[i % kClasses] += leaf_of(model["trees"][i], &rows[row * kFeatures]);
      for (std::size_t k = 0; k < kClasses; ++k) ASSERT_EQ(found[row * kClasses + k], want[k]) << n_rows << ' ' << row;
    }
  }
}

}  // namespace
}  // namespace sctab::model::tests
