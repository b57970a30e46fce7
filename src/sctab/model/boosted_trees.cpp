#include "sctab/model/boosted_trees.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sctab/core/error.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::model {
namespace {

constexpr std::int64_t kRowsPerBlock = 64;  // a tree's nodes stay in the cache for so many
constexpr std::size_t kLanes = 8;           // rows that walk a tree in turn: each waits for memory on each step

template <bool kMayMiss>
std::int32_t next_node(const TreeNode& node, const float* row) {
  const float x = row[node.bits & TreeNode::kFeature];
  bool right = !(x < node.value);
  if (kMayMiss && std::isnan(x)) right = (node.bits & TreeNode::kMissingGoLeft) == 0;
  return node.left + static_cast<std::int32_t>((node.bits >> 31) & static_cast<std::uint32_t>(right));
}

/// Adds the leaves of n rows, from the one at `rows`, to margin[0], margin[stride], …. Rows at their leaf wait for the
/// others.
template <bool kMayMiss, std::size_t n>
void add_leaves(const TreeNode* nodes, const float* rows, std::size_t width, float* margin, std::size_t stride) {
  std::array<std::int32_t, n> at{};
  std::uint32_t visited = 0;  // the bits of all nodes of this step
  do {
    visited = 0;
    for (std::size_t i = 0; i < n; ++i) {
      visited |= nodes[at[i]].bits;
      at[i] = next_node<kMayMiss>(nodes[at[i]], rows + i * width);
    }
  } while ((visited & TreeNode::kIsSplit) != 0);
  for (std::size_t i = 0; i < n; ++i) margin[i * stride] += nodes[at[i]].value;
}

/// Adds the trees in their order to the margins of n rows.
template <bool kMayMiss>
void add_trees(const BoostedTrees& trees, const float* rows, std::size_t n, float* margins) {
  const auto width = static_cast<std::size_t>(trees.n_features);
  const std::size_t stride = trees.n_classes();
  for (const BoostedTree& tree : trees.trees) {
    const TreeNode* nodes = trees.nodes.data() + tree.first_node;
    float* margin = margins + tree.of_class;
    std::size_t row = 0;
    for (; row + kLanes <= n; row += kLanes) {
      add_leaves<kMayMiss, kLanes>(nodes, rows + row * width, width, margin + row * stride, stride);
    }
    for (; row < n; ++row) {
      add_leaves<kMayMiss, 1>(nodes, rows + row * width, width, margin + row * stride, stride);
    }
  }
}

/// In libxgboost's order and types.
void softmax_in_place(std::span<float> margins) {
  const float largest = std::ranges::max(margins);
  double sum = 0;
  for (float& margin : margins) {
    margin = std::exp(margin - largest);
    sum += static_cast<double>(margin);
  }
  for (float& margin : margins) margin /= static_cast<float>(sum);
}

}  // namespace

std::vector<float> margins(const BoostedTrees& trees, std::span<const float> rows) {
  SCTAB_ASSERT(trees.n_features > 0 && std::ssize(rows) % trees.n_features == 0);
  const auto width = static_cast<std::size_t>(trees.n_features);
  const std::size_t n_rows = rows.size() / width, n_classes = trees.n_classes();
  std::vector<float> margins(n_rows * n_classes);
  kernels::parallel_blocks(static_cast<std::int64_t>(n_rows), kRowsPerBlock, [&](std::int64_t begin, std::int64_t end) {
    const auto first = static_cast<std::size_t>(begin), n = static_cast<std::size_t>(end - begin);
    const auto block = rows.subspan(first * width, n * width);
    float* out = margins.data() + first * n_classes;
    for (std::size_t i = 0; i < n; ++i) std::ranges::copy(trees.base_scores, out + i * n_classes);
    if (std::ranges::any_of(block, [](float x) { return std::isnan(x); })) {
      add_trees<true>(trees, block.data(), n, out);
    } else {
      add_trees<false>(trees, block.data(), n, out);
    }
  });
  return margins;
}

std::vector<float> probabilities(const BoostedTrees& trees, std::span<const float> rows) {
  std::vector<float> found = margins(trees, rows);
  for (std::size_t begin = 0; begin < found.size(); begin += trees.n_classes()) {
    softmax_in_place(std::span(found).subspan(begin, trees.n_classes()));
  }
  return found;
}

}  // namespace sctab::model
