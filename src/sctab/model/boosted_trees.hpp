#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sctab/model/type_scores.hpp"

namespace sctab::model {

inline constexpr const char* kBooster = "booster";  // the array that holds what libxgboost saves as UBJ

/// libxgboost wants labels without gaps: the types that have training cells, in order.
struct BoosterClasses {
  std::vector<int> class_of_type;  // -1: none
  std::vector<std::size_t> type_of_class;

  explicit BoosterClasses(const CellsPerType& cells_per_type) {
    for (std::size_t type = 0; type < cells_per_type.size(); ++type) {
      class_of_type.push_back(cells_per_type[type] > 0 ? static_cast<int>(type_of_class.size()) : -1);
      if (cells_per_type[type] > 0) type_of_class.push_back(type);
    }
  }
};

/// A split or a leaf. A leaf leads to itself, so that rows that walk a tree together need no branch of their own.
struct TreeNode {
  float value = 0;        // split: rows with a smaller feature go left; leaf: what it adds to the margin
  std::int32_t left = 0;  // position in the tree; the right child follows. leaf: its own position
  std::uint32_t bits = 0;

  static constexpr std::uint32_t kFeature = (1U << 30) - 1, kMissingGoLeft = 1U << 30, kIsSplit = 1U << 31;
};
static_assert(sizeof(TreeNode) == 12);

struct BoostedTree {
  std::size_t first_node = 0;
  std::size_t of_class = 0;
};

/// Gradient-boosted trees for the objective multi:softprob, as libxgboost trains and saves them.
struct BoostedTrees {
  std::int64_t n_features = 0;
  std::vector<float> base_scores;  // a margin per class, before any tree
  std::vector<BoostedTree> trees;  // in the order of their rounds
  std::vector<TreeNode> nodes;     // tree after tree, level by level

  [[nodiscard]] std::size_t n_classes() const { return base_scores.size(); }
};

/// saved: UBJ of libxgboost 1.6 or newer, from anywhere. Throws InputError where it is damaged or holds anything but
/// trees on numbers for multi:softprob. Whatever it holds, walks end and margins are finite.
BoostedTrees read_boosted_trees(std::span<const std::uint8_t> saved);

/// n × n_classes from rows, n × n_features: the numbers that libxgboost gives, to the bit. NaN: missing.
std::vector<float> margins(const BoostedTrees& trees, std::span<const float> rows);

/// The same as probabilities. The softmax is libxgboost's, to the bit.
std::vector<float> probabilities(const BoostedTrees& trees, std::span<const float> rows);

}  // namespace sctab::model
