#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sctab/core/numbers.hpp"
#include "sctab/formats/ubjson/ubjson.hpp"
#include "sctab/model/boosted_trees.hpp"

namespace sctab::model {
namespace {

core::Problem place() {
  return {.matrix = kBooster, .next_step = "the file is damaged or holds other trees: copy or train the model again"};
}

/// A tree as the file holds it, a number per node in each array.
struct SavedTree {
  std::vector<std::int32_t> left, right;  // -1: a leaf
  std::vector<std::int32_t> features, default_left, split_types;
  std::vector<float> conditions;  // of a leaf: its margin
};

/// Reads what prediction needs, by the names of libxgboost's model schema, and checks all of it.
class TreesReader {
 public:
  explicit TreesReader(std::span<const std::uint8_t> saved) : reader_(saved, place()) {}

  BoostedTrees read() {
    reader_.object([this](std::string_view key) { key == "learner" ? read_learner() : reader_.skip(); });
    reader_.expect_end();
    expect_text("learner.gradient_booster.name", booster_, "gbtree");
    expect_text("learner.objective.name", objective_, "multi:softprob");
    check_sizes();
    check_classes();
    check_margins();
    return std::move(trees_);
  }

 private:
  [[noreturn]] static void refuse(const char* key, std::string found, std::string expected) {
    core::Problem problem = place();
    problem.key = key;
    problem.found = std::move(found);
    problem.expected = std::move(expected);
    throw core::InputError(std::move(problem));
  }

  void read_learner() {
    reader_.object([this](std::string_view key) {
      if (key == "gradient_booster") return read_gradient_booster();
      if (key == "learner_model_param") return read_parameters();
      if (key != "objective") return reader_.skip();
      reader_.object([this](std::string_view name) { name == "name" ? read_text(objective_) : reader_.skip(); });
    });
  }

  void read_parameters() {
    reader_.object([this](std::string_view key) {
      if (key == "base_score") return read_text(base_score_);
      if (key == "num_class") return read_text(n_classes_);
      if (key == "num_feature") return read_text(n_features_);
      if (key == "num_target") return read_text(n_targets_);
      reader_.skip();
    });
  }

  void read_gradient_booster() {
    reader_.object([this](std::string_view key) {
      if (key == "name") return read_text(booster_);
      if (key == "model") return read_model();
      reader_.skip();
    });
  }

  void read_model() {
    reader_.object([this](std::string_view key) {
      if (key == "tree_info") {
        classes_ = reader_.numbers<std::int32_t>();
      } else if (key == "trees") {
        if (!trees_.trees.empty()) reader_.refuse("the trees come twice");
        reader_.array([this](std::size_t) { read_tree(); });
      } else {
        reader_.skip();
      }
    });
  }

  void read_tree() {
    SavedTree saved;
    reader_.object([this, &saved](std::string_view key) {
      if (key == "left_children") return read_numbers(saved.left);
      if (key == "right_children") return read_numbers(saved.right);
      if (key == "split_indices") return read_numbers(saved.features);
      if (key == "split_conditions") return read_numbers(saved.conditions);
      if (key == "default_left") return read_numbers(saved.default_left);
      if (key == "split_type") return read_numbers(saved.split_types);
      if (key != "tree_param") return reader_.skip();
      reader_.object([this](std::string_view name) {
        name == "size_leaf_vector" ? expect_scalar_leaves(reader_.text()) : reader_.skip();
      });
    });
    const std::size_t n = saved.left.size();
    for (const std::size_t size :
         {saved.right.size(), saved.features.size(), saved.conditions.size(), saved.default_left.size(),
          saved.split_types.empty() ? n : saved.split_types.size()}) {
      if (size != n)
        reader_.refuse(fmt::format("arrays of {} and of {} numbers", n, size), "one number per node in each");
    }
    if (n == 0 || !std::in_range<std::int32_t>(n)) reader_.refuse(fmt::format("a tree of {} nodes", n));
    if (std::ranges::any_of(saved.split_types, [](std::int32_t type) { return type != 0; })) {
      reader_.refuse("a split on categories", "splits on numbers alone");
    }
    add_tree(saved);
  }

  /// Appends the tree, level by level from its root. Nodes that the root does not lead to, which pruning leaves, are
  /// dropped.
  void add_tree(const SavedTree& saved) {
    trees_.trees.push_back({.first_node = trees_.nodes.size()});
    order_.assign(1, 0);
    reached_.assign(saved.left.size(), false);
    reached_.front() = true;
    float largest = 0;
    for (std::size_t at = 0; at < order_.size(); ++at) {
      const auto id = static_cast<std::size_t>(order_[at]);
      TreeNode node{.value = saved.conditions[id], .left = static_cast<std::int32_t>(at)};
      if (!std::isfinite(node.value))
        reader_.refuse(fmt::format("node {} holds {}", id, node.value), "a finite number");
      if (saved.left[id] == -1 && saved.right[id] == -1) {
        largest = std::max(largest, std::abs(node.value));
      } else {
        node.left = static_cast<std::int32_t>(order_.size());
        node.bits = split_bits(saved, id);
        for (const std::int32_t child : {saved.left[id], saved.right[id]}) reach(child, id);
      }
      trees_.nodes.push_back(node);
    }
    largest_leaves_.push_back(largest);
  }

  void reach(std::int32_t child, std::size_t parent) {
    const auto id = static_cast<std::size_t>(child);
    if (child < 0 || id >= reached_.size() || reached_[id]) {
      reader_.refuse(fmt::format("node {} leads to node {}", parent, child),
                     fmt::format("a node below {} that no other leads to", reached_.size()));
    }
    reached_[id] = true;
    order_.push_back(child);
  }

  std::uint32_t split_bits(const SavedTree& saved, std::size_t id) {
    const std::int32_t feature = saved.features[id];
    if (feature < 0 || static_cast<std::uint32_t>(feature) > TreeNode::kFeature) {
      reader_.refuse(fmt::format("node {} splits on feature {}", id, feature), "a feature of the model");
    }
    highest_feature_ = std::max(highest_feature_, feature);
    return TreeNode::kIsSplit | (saved.default_left[id] != 0 ? TreeNode::kMissingGoLeft : 0U) |
           static_cast<std::uint32_t>(feature);
  }

  void expect_scalar_leaves(std::string_view size) const {
    if (size != "0" && size != "1") reader_.refuse("leaves of several numbers", "one number per leaf");
  }

  void check_sizes() {
    const std::int64_t n_features = whole_number("learner.learner_model_param.num_feature", n_features_);
    if (n_features > TreeNode::kFeature || highest_feature_ >= n_features) {
      refuse("learner.learner_model_param.num_feature", fmt::format("{}", n_features),
             fmt::format("{} to {}", highest_feature_ + 1, TreeNode::kFeature));
    }
    trees_.n_features = n_features;
    if (n_targets_ && *n_targets_ != "1" && *n_targets_ != "0") {
      refuse("learner.learner_model_param.num_target", "several targets", "one");
    }
    const std::int64_t n_classes = whole_number("learner.learner_model_param.num_class", n_classes_);
    if (n_classes > std::ssize(trees_.trees)) {
      refuse("learner.learner_model_param.num_class", fmt::format("{} classes", n_classes),
             fmt::format("at most a class per tree, of which there are {}", trees_.trees.size()));
    }
    read_base_scores(static_cast<std::size_t>(n_classes));
  }

  /// "5E-1"; newer versions: "[5E-1]", "[5E-1,4E-1,…]".
  void read_base_scores(std::size_t n_classes) {
    constexpr const char* kKey = "learner.learner_model_param.base_score";
    if (!base_score_) refuse(kKey, "is missing", "a number");
    std::string_view text = *base_score_;
    if (text.starts_with('[') && text.ends_with(']') && text.size() > 1) text = text.substr(1, text.size() - 2);
    std::vector<float>& scores = trees_.base_scores;
    for (std::size_t end = 0; end != text.npos; text.remove_prefix(end == text.npos ? text.size() : end + 1)) {
      end = text.find(',');
      const auto score = core::parse_number<float>(text.substr(0, end));
      if (!score || !std::isfinite(*score)) refuse(kKey, "something else", "finite numbers");
      scores.push_back(*score);
    }
    if (scores.size() == 1) scores.resize(n_classes, scores.front());
    if (scores.size() != n_classes) {
      refuse(kKey, fmt::format("{} numbers", scores.size()), fmt::format("1 or {}, one per class", n_classes));
    }
  }

  void check_classes() {
    constexpr const char* kKey = "learner.gradient_booster.model.tree_info";
    if (classes_.size() != trees_.trees.size()) {
      refuse(kKey, fmt::format("{} numbers", classes_.size()), fmt::format("one per tree, {}", trees_.trees.size()));
    }
    for (std::size_t i = 0; i < classes_.size(); ++i) {
      if (classes_[i] < 0 || static_cast<std::size_t>(classes_[i]) >= trees_.n_classes()) {
        refuse(kKey, fmt::format("class {}", classes_[i]), fmt::format("0 to {}", trees_.n_classes() - 1));
      }
      trees_.trees[i].of_class = static_cast<std::size_t>(classes_[i]);
    }
  }

  /// The largest leaves of all trees together must fit in a float: no row's margin can overflow.
  void check_margins() const {
    std::vector<double> bound(trees_.n_classes());
    for (std::size_t i = 0; i < bound.size(); ++i) bound[i] = std::abs(static_cast<double>(trees_.base_scores[i]));
    for (std::size_t i = 0; i < largest_leaves_.size(); ++i) {
      bound[trees_.trees[i].of_class] += static_cast<double>(largest_leaves_[i]);
    }
    // A quarter of the range leaves room for rounding and for the difference of two margins.
    if (std::ranges::max(bound) < static_cast<double>(std::numeric_limits<float>::max()) / 4) return;
    refuse("learner.gradient_booster.model.trees", "leaves that add up to no finite number", "finite margins");
  }

  static std::int64_t whole_number(const char* key, const std::optional<std::string>& text) {
    if (!text) refuse(key, "is missing", "a whole number of 1 or more");
    const auto number = core::parse_number<std::int64_t>(*text);
    if (!number || *number < 1) refuse(key, "something else", "a whole number of 1 or more");
    return *number;
  }

  static void expect_text(const char* key, const std::optional<std::string>& text, const std::string& expected) {
    if (!text) refuse(key, "is missing", expected);
    if (*text == expected) return;
    const bool is_name = text->size() <= 40 && std::ranges::all_of(*text, [](char c) { return c > ' ' && c <= '~'; });
    refuse(key, is_name ? *text : "something else", expected);
  }

  void read_text(std::optional<std::string>& text) { text = std::string(reader_.text()); }
  template <typename Number>
  void read_numbers(std::vector<Number>& numbers) {
    numbers = reader_.numbers<Number>();
  }

  ubjson::Reader reader_;
  BoostedTrees trees_;
  std::optional<std::string> booster_, objective_, base_score_, n_classes_, n_features_, n_targets_;
  std::vector<std::int32_t> classes_;  // of the trees
  std::vector<float> largest_leaves_;  // of each tree, without its sign
  std::int32_t highest_feature_ = 0;   // that a tree splits on
  std::vector<std::int32_t> order_;    // of the nodes reached in a tree, level by level
  std::vector<bool> reached_;
};

}  // namespace

BoostedTrees read_boosted_trees(std::span<const std::uint8_t> saved) {
  return TreesReader(saved).read();
}

}  // namespace sctab::model
