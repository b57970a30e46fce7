#include "sctab/formats/hdf5/structure/new_tree.hpp"

#include <vector>

namespace sctab::hdf5::structure {
namespace {

constexpr const char* kTree = "B-tree";
constexpr const char* kNode = "B-tree node";

struct Pointer {
  std::uint64_t address = kUndefined;
  std::uint64_t n_records = 0;  // of the node itself
  std::uint64_t n_below = 0;    // of it and all below
};

class NewTree {
 public:
  using Visit = std::function<void(Cursor&)>;

  NewTree(FileImage& file, RecordType type, std::size_t record_bytes, const Visit& visit)
      : file_(file), type_(type), record_bytes_(record_bytes), visit_(visit) {}

  std::uint64_t walk(std::uint64_t address) {
    const FileImage::Format& format = file_.format();
    const std::uint64_t n_head = 4 + 1 + 1 + 4 + 2 + 2 + 1 + 1 + format.address_bytes + 2 + format.length_bytes + 4;
    const Bytes head = file_.take(address, n_head, kTree);
    Cursor cursor(file_, head, address, kTree);
    cursor.expect_signature("BTHD");
    cursor.expect_version(0);
    cursor.require(cursor.get<std::uint8_t>() == static_cast<std::uint8_t>(type_), "its records are of another kind");
    node_bytes_ = cursor.get<std::uint32_t>();
    cursor.require(cursor.get<std::uint16_t>() == record_bytes_, "its records are of another size");
    const std::size_t depth = cursor.get<std::uint16_t>();
    const auto split = cursor.get<std::uint8_t>(), merge = cursor.get<std::uint8_t>();
    cursor.require(split > 0 && split <= 100 && merge > 0 && merge < split / 2, "its limits of nodes are wrong");
    Pointer root;
    root.address = cursor.address();
    root.n_records = cursor.get<std::uint16_t>();
    root.n_below = cursor.length();
    cursor.expect_checksum();
    plan_levels(cursor, depth);
    if (root.address == kUndefined) {
      cursor.require(root.n_below == 0 && depth == 0, "its root is missing");
      return 0;
    }
    return walk_node(root, depth);
  }

 private:
  static constexpr std::size_t kNodeHead = 4 + 1 + 1 + 4;  // with the checksum
  static constexpr std::size_t kMostDepth = 32;

  /// What nodes of each level may hold, which decides how wide the numbers in them are.
  struct Level {
    std::uint64_t most_records = 0, most_below = 0;
    std::size_t below_bytes = 0;  // of the count of records below a child of this level; none for leaves
  };

  [[nodiscard]] std::size_t pointer_bytes(std::size_t level) const {
    return file_.format().address_bytes + count_bytes_ + levels_[level - 1].below_bytes;
  }

  void plan_levels(const Cursor& cursor, std::size_t depth) {
    cursor.require(depth <= kMostDepth && node_bytes_ > kNodeHead, "it is of an impossible size");
    levels_.push_back({.most_records = (node_bytes_ - kNodeHead) / record_bytes_});
    levels_[0].most_below = levels_[0].most_records;
    cursor.require(levels_[0].most_records > 1 && levels_[0].most_records <= 0xffff,
                   "its nodes are of an impossible size");
    count_bytes_ = bytes_for(levels_[0].most_records);
    for (std::size_t level = 1; level <= depth; ++level) {
      const std::uint64_t pointer = pointer_bytes(level);
      cursor.require(node_bytes_ > kNodeHead + pointer, "its nodes are of an impossible size");
      Level next;
      next.most_records = (node_bytes_ - kNodeHead - pointer) / (record_bytes_ + pointer);
      cursor.require(next.most_records > 0, "its nodes are of an impossible size");
      const std::uint64_t below = saturating_product(next.most_records + 1, levels_[level - 1].most_below);
      next.most_below = below > kUndefined - next.most_records ? kUndefined : below + next.most_records;
      next.below_bytes = bytes_for(next.most_below);
      levels_.push_back(next);
    }
  }

  std::uint64_t walk_node(const Pointer& node, std::size_t level) {
    const Bytes bytes = file_.take(node.address, node_bytes_, kNode);
    Cursor cursor(file_, bytes, node.address, kNode);
    cursor.expect_signature(level > 0 ? "BTIN" : "BTLF");
    cursor.expect_version(0);
    cursor.require(cursor.get<std::uint8_t>() == static_cast<std::uint8_t>(type_), "its records are of another kind");
    cursor.require(node.n_records > 0 && node.n_records <= levels_[level].most_records,
                   "it has an impossible number of records");
    std::vector<Cursor> records;
    for (std::uint64_t i = 0; i < node.n_records; ++i) {
      const std::uint64_t address = cursor.position();
      records.emplace_back(file_, cursor.take(record_bytes_), address, "record of a B-tree");
    }
    std::vector<Pointer> children(level > 0 ? node.n_records + 1 : 0);
    for (Pointer& child : children) {
      child.address = cursor.address();
      child.n_records = cursor.number(count_bytes_);
      child.n_below = level > 1 ? cursor.number(levels_[level - 1].below_bytes) : child.n_records;
    }
    cursor.expect_checksum();
    std::uint64_t n = node.n_records;
    for (std::size_t i = 0; i <= records.size(); ++i) {
      if (level > 0) n += walk_node(children[i], level - 1);
      if (i < records.size()) visit_(records[i]);
    }
    cursor.require(n == node.n_below, "it counts its records wrongly");
    return n;
  }

  FileImage& file_;
  RecordType type_;
  std::size_t record_bytes_;
  const Visit& visit_;
  std::uint64_t node_bytes_ = 0;
  std::size_t count_bytes_ = 0;
  std::vector<Level> levels_;
};

}  // namespace

std::uint64_t walk_new_tree(FileImage& file, std::uint64_t address, RecordType type, std::size_t record_bytes,
                            const std::function<void(Cursor& record)>& visit) {
  return NewTree(file, type, record_bytes, visit).walk(address);
}

}  // namespace sctab::hdf5::structure
