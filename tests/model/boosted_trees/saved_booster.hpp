#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/ubjson_writer.hpp"

namespace sctab::model::tests {

using nlohmann::json;

/// A leaf, as libxgboost saves a tree of one node.
inline json leaf(float value) {
  return {{"base_weights", {value}},    {"default_left", {0}},    {"id", 0},
          {"left_children", {-1}},      {"right_children", {-1}}, {"split_conditions", {value}},
          {"split_indices", {0}},       {"split_type", {0}},      {"tree_param", {{"size_leaf_vector", "0"}}},
          {"categories", json::array()}};
}

/// feature 1 < 0.5 ? 1 : (feature 0 < -1 ? -2 : 4). Missing: right at the root, left below it.
inline json small_tree() {
  json tree = leaf(0);
  tree["default_left"] = {0, 0, 1, 0, 0};
  tree["left_children"] = {1, -1, 3, -1, -1};
  tree["right_children"] = {2, -1, 4, -1, -1};
  tree["split_conditions"] = {0.5, 1.0, -1.0, -2.0, 4.0};
  tree["split_indices"] = {1, 0, 0, 0, 0};
  tree["split_type"] = {0, 0, 0, 0, 0};
  return tree;
}

/// What libxgboost saves for two classes and three features, two rounds of trees, without what nobody reads.
inline json small_booster() {
  json learner;
  learner["attributes"] = json::object();
  learner["feature_names"] = json::array();
  json& booster = learner["gradient_booster"] = {{"name", "gbtree"}};
  booster["model"] = {{"gbtree_model_param", {{"num_trees", "4"}}}, {"tree_info", {0, 1, 0, 1}}};
  booster["model"]["trees"] = {small_tree(), leaf(0.25F), leaf(-0.5F), small_tree()};
  learner["learner_model_param"] = {{"base_score", "5E-1"}, {"num_class", "2"}, {"num_feature", "3"}};
  learner["objective"] = {{"name", "multi:softprob"}, {"softmax_multiclass_param", {{"num_class", "2"}}}};
  return {{"learner", learner}, {"version", {1, 7, 4}}};
}

inline json& first_tree(json& booster) {
  return booster["learner"]["gradient_booster"]["model"]["trees"][0];
}

inline std::vector<std::uint8_t> saved(const json& booster) {
  return sctab::tests::UbjsonWriter::bytes_of(booster);
}

}  // namespace sctab::model::tests
