// Saved trees that are damaged, or that somebody made to do harm.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "model/boosted_trees/saved_booster.hpp"
#include "sctab/core/error.hpp"
#include "sctab/model/boosted_trees.hpp"
#include "support/fixtures.hpp"

namespace sctab::model::tests {
namespace {

void read(const std::vector<std::uint8_t>& bytes) {
  (void)read_boosted_trees(bytes);
}

/// Reads the small booster with one value replaced.
void read_with(const std::string& pointer, const json& value) {
  json booster = small_booster();
  booster[json::json_pointer("/learner" + pointer)] = value;
  read(saved(booster));
}

constexpr const char* kTree = "/gradient_booster/model/trees/0/";

TEST(DamagedTrees, EveryFieldThatIsReadMustBeThere) {
  for (const std::string pointer :
       {"/gradient_booster", "/gradient_booster/name", "/gradient_booster/model", "/gradient_booster/model/trees",
        "/gradient_booster/model/tree_info", "/gradient_booster/model/trees/0/left_children",
        "/gradient_booster/model/trees/0/right_children", "/gradient_booster/model/trees/0/split_indices",
        "/gradient_booster/model/trees/0/split_conditions", "/gradient_booster/model/trees/0/default_left",
        "/learner_model_param", "/learner_model_param/base_score", "/learner_model_param/num_class",
        "/learner_model_param/num_feature", "/objective", "/objective/name"}) {
    json booster = small_booster();
    const json::json_pointer place("/learner" + pointer);
    booster[place.parent_pointer()].erase(place.back());
    EXPECT_THROW(read(saved(booster)), core::InputError) << pointer;
    EXPECT_THROW(read_with(pointer, nullptr), core::InputError) << pointer;
    EXPECT_THROW(read_with(pointer, true), core::InputError) << pointer;
  }
  EXPECT_THROW(read(saved(json::object())), core::InputError);
  EXPECT_THROW(read(saved(json::array())), core::InputError);
}

TEST(DamagedTrees, AnUnneededFieldMayBeAnything) {
  for (const std::string pointer :
       {"/attributes", "/feature_names", "/gradient_booster/model/gbtree_model_param",
        "/gradient_booster/model/trees/0/base_weights", "/gradient_booster/model/trees/0/id"}) {
    EXPECT_NO_THROW(read_with(pointer, nullptr)) << pointer;
  }
}

TEST(DamagedTrees, AreRefusedWhereverTheyEnd) {
  const std::vector<std::uint8_t> whole = saved(small_booster());
  ASSERT_NO_THROW(read(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // A vector of its own, so that the address sanitizer sees what is read past its end.
    EXPECT_THROW(read({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}), core::InputError) << size;
  }
  std::vector<std::uint8_t> longer = whole;
  longer.push_back(0);
  EXPECT_THROW(read(longer), core::InputError);
}

TEST(DamagedTrees, AnyChangedByteIsRefusedOrHarmless) {
  const std::vector<std::uint8_t> whole = saved(small_booster());
  int n_refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int change : {0x01, 0x02, 0x10, 0x40, 0x80, 0xff}) {
      std::vector<std::uint8_t> bytes = whole;
      bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ change);
      try {
        const BoostedTrees trees = read_boosted_trees(bytes);
        const std::vector<float> rows(static_cast<std::size_t>(std::min<std::int64_t>(trees.n_features, 10'000)), 1);
        if (std::ssize(rows) < trees.n_features) continue;
        for (const float margin : margins(trees, rows)) ASSERT_TRUE(std::isfinite(margin)) << i;
      } catch (const core::InputError&) {
        ++n_refused;
      }
    }
  }
  EXPECT_GT(n_refused, 3 * std::ssize(whole));
}

TEST(DamagedTrees, LinksMustMakeATree) {
  const auto expect_refused = [](const std::string& field, std::size_t node, int value, const std::string& found) {
    json booster = small_booster();
    first_tree(booster)[field][node] = value;
    SCTAB_EXPECT_THROW_WITH(read(saved(booster)), core::InputError, "booster: ", "model.trees[0]", found);
  };
  expect_refused("left_children", 0, 5, "node 0 leads to node 5");
  expect_refused("right_children", 2, 2147483647, "node 2 leads to node 2147483647");
  expect_refused("left_children", 0, -2, "node 0 leads to node -2");
  expect_refused("left_children", 2, 0, "node 2 leads to node 0");  // a cycle through the root
  expect_refused("left_children", 2, 2, "node 2 leads to node 2");
  expect_refused("right_children", 0, 1, "node 0 leads to node 1");  // two ways to a node
  expect_refused("left_children", 1, 3, "node 1 leads to node -1");  // a split with a single child
  expect_refused("right_children", 0, -1, "node 0 leads to node -1");
  expect_refused("split_indices", 0, -1, "feature -1");
  expect_refused("split_indices", 0, 2147483647, "feature 2147483647");
}

TEST(DamagedTrees, FeaturesMustBeTheModels) {
  SCTAB_EXPECT_THROW_WITH(read_with("/learner_model_param/num_feature", "1"), core::InputError, "num_feature: 1");
  EXPECT_NO_THROW(read_with("/learner_model_param/num_feature", "2"));
  EXPECT_NO_THROW(read_with(std::string(kTree) + "split_indices", {1, 9, 0, 9, 9})) << "leaves have no feature";
  for (const char* count : {"0", "-3", "", "3.5", "x", "1099511627776", "99999999999999999999"}) {
    EXPECT_THROW(read_with("/learner_model_param/num_feature", count), core::InputError) << count;
    EXPECT_THROW(read_with("/learner_model_param/num_class", count), core::InputError) << count;
  }
}

TEST(DamagedTrees, ArraysMustHaveANumberPerNode) {
  for (const char* field :
       {"left_children", "right_children", "split_indices", "default_left", "split_type", "split_conditions"}) {
    EXPECT_THROW(read_with(std::string(kTree) + field, {-1, -1, -1, -1}), core::InputError) << field;
    EXPECT_THROW(read_with(std::string(kTree) + field, {-1, -1, -1, -1, -1, -1}), core::InputError) << field;
  }
  SCTAB_EXPECT_THROW_WITH(read_with("/gradient_booster/model/trees/1", json::object()), core::InputError,
                          "trees[1]: a tree of 0 nodes");
}

TEST(DamagedTrees, NumbersMustBeFinite) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float value : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN()}) {
    for (const std::size_t node : {0U, 4U}) {
      json booster = small_booster();
      first_tree(booster)["split_conditions"][node] = value;
      EXPECT_THROW(read(saved(booster)), core::InputError) << value;
    }
  }
  json booster = small_booster();
  for (json& tree : booster["learner"]["gradient_booster"]["model"]["trees"]) tree = leaf(3e38F);
  SCTAB_EXPECT_THROW_WITH(read(saved(booster)), core::InputError, "no finite number");
  for (const char* score : {"", "[]", "[", "]", "nan", "inf", "1E99", "[5E-1,]", "[1,2,3]", "5E-1,", "[[1]]", "1 2"}) {
    EXPECT_THROW(read_with("/learner_model_param/base_score", score), core::InputError) << score;
  }
}

TEST(DamagedTrees, EachTreeHasAClass) {
  constexpr const char* kInfo = "/gradient_booster/model/tree_info";
  for (const std::vector<int>& classes : {std::vector<int>{0, 1, 0}, {0, 1, 0, 1, 0}, {0, 1, 0, 2}, {0, 1, 0, -1}}) {
    SCTAB_EXPECT_THROW_WITH(read_with(kInfo, classes), core::InputError, "tree_info");
  }
  SCTAB_EXPECT_THROW_WITH(read_with("/learner_model_param/num_class", "2000000000"), core::InputError, "num_class",
                          "at most a class per tree");
}

TEST(DamagedTrees, OtherModelsAreRefusedByName) {
  SCTAB_EXPECT_THROW_WITH(read_with("/gradient_booster", {{"name", "gblinear"}, {"model", {{"weights", {0.5}}}}}),
                          core::InputError, "gradient_booster.name: ", "gblinear; expected gbtree");
  SCTAB_EXPECT_THROW_WITH(read_with("/gradient_booster", {{"name", "dart"}, {"gbtree", {{"name", "gbtree"}}}}),
                          core::InputError, "dart; expected gbtree");
  SCTAB_EXPECT_THROW_WITH(read_with("/objective/name", "binary:logistic"), core::InputError,
                          "binary:logistic; expected multi:softprob");
  SCTAB_EXPECT_THROW_WITH(read_with("/objective/name", "\x1b[31m"), core::InputError, "something else");
  SCTAB_EXPECT_THROW_WITH(read_with(std::string(kTree) + "split_type", {0, 0, 1, 0, 0}), core::InputError,
                          "a split on categories");
  SCTAB_EXPECT_THROW_WITH(read_with(std::string(kTree) + "tree_param/size_leaf_vector", "2"), core::InputError,
                          "leaves of several numbers");
  EXPECT_THROW(read_with("/learner_model_param/num_target", "2"), core::InputError);
}

TEST(DamagedTrees, AChainOfAMillionSplitsNeitherRecursesNorLoops) {
  constexpr int kSplits = 1'000'000;
  std::vector<int> left, right, zeros(2 * kSplits + 1, 0);
  for (int i = 0; i < kSplits; ++i) {
    for (const int child : {2 * i + 1, -1}) left.push_back(child);
    for (const int child : {2 * i + 2, -1}) right.push_back(child);
  }
  // Node 2i is a split, whose left child is the leaf 2i + 1; the last is a leaf.
  left.push_back(-1);
  right.push_back(-1);
  json booster = small_booster();
  json& tree = first_tree(booster);
  tree["left_children"] = left;
  tree["right_children"] = right;
  tree["default_left"] = tree["split_indices"] = tree["split_type"] = zeros;
  tree["split_conditions"] = std::vector<float>(zeros.size(), 0.25F);
  const BoostedTrees trees = read_boosted_trees(saved(booster));
  EXPECT_EQ(trees.trees[1].first_node, zeros.size());
  EXPECT_EQ(margins(trees, std::vector<float>(3, 1)).front(), 0.25F);
}

}  // namespace
}  // namespace sctab::model::tests
