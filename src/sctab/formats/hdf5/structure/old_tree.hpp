#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5::structure {

/// Walks a version 1 B-tree, of the chunks of a dataset or the names of an old group. Its keys lead libhdf5 to what it
/// looks for: where they are out of order, it takes what there is for missing.
template <typename Key>
class OldTree {
 public:
  struct Kind {
    std::uint8_t number = 0;
    std::uint64_t key_bytes = 0;
    std::uint64_t k = 0;  // half of the most children of a node
    std::function<Key(Cursor&)> read_key{};
    /// Of a leaf: what lies between two keys.
    std::function<void(const Key& left, const Key& right, std::uint64_t child)> visit{};
  };

  OldTree(FileImage& file, Kind kind) : file_(file), kind_(std::move(kind)) {}

  /// Throws InputError where the tree is damaged.
  void walk(std::uint64_t root) {
    (void)read_node(root, kAnyLevel);
    for (const Node& node : nodes_) {
      for (const std::uint64_t sibling : {node.left, node.right}) {
        const auto found = levels_.find(sibling);
        const bool is_in_tree = found != levels_.end() && found->second == node.level;
        if (sibling != kUndefined && !is_in_tree)
          file_.fail(kTreeNode, node.address, "the one next to it is elsewhere");
      }
    }
  }

 private:
  static constexpr int kAnyLevel = -1, kMostLevels = 32;
  static constexpr const char* kTreeNode = "B-tree node";

  struct Node {
    std::uint64_t address = 0, left = kUndefined, right = kUndefined;
    int level = 0;
  };

  /// Returns the keys that the node begins and ends with.
  std::pair<Key, Key> read_node(std::uint64_t address, int level) {
    const std::size_t address_bytes = file_.format().address_bytes;
    const std::uint64_t n_bytes =
        8 + 2 * address_bytes + 2 * kind_.k * (kind_.key_bytes + address_bytes) + kind_.key_bytes;
    const Bytes bytes = file_.take(address, n_bytes, kTreeNode);
    Cursor cursor(file_, bytes, address, kTreeNode);
    cursor.expect_signature("TREE");
    cursor.expect_version(kind_.number);
    Node node{.address = address, .level = cursor.get<std::uint8_t>()};
    cursor.require(level == kAnyLevel ? node.level <= kMostLevels : node.level == level, "its level is wrong");
    const std::size_t n_children = cursor.get<std::uint16_t>();
    cursor.require(n_children <= 2 * kind_.k, "it has too many children");
    cursor.require(n_children > 0 || level == kAnyLevel, "it has no children");
    node.left = cursor.address();
    node.right = cursor.address();
    nodes_.push_back(node);
    levels_.emplace(address, node.level);

    Key first = kind_.read_key(cursor), left = first;
    for (std::size_t i = 0; i < n_children; ++i) {
      const std::uint64_t child = cursor.address();
      Key right = kind_.read_key(cursor);
      cursor.require(left < right, "its keys are out of order");
      if (node.level == 0) {
        kind_.visit(left, right, child);
      } else {
        const auto [begin, end] = read_node(child, node.level - 1);
        cursor.require(!(begin < left) && !(right < end), "a child's keys lie outside of its own");
      }
      left = std::move(right);
    }
    return {std::move(first), std::move(left)};
  }

  FileImage& file_;
  Kind kind_;
  std::vector<Node> nodes_;
  std::unordered_map<std::uint64_t, int> levels_;
};

}  // namespace sctab::hdf5::structure
