#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "sctab/store/chunk_map.hpp"
#include "sctab/store/epoch_plan.hpp"

namespace sctab::store {

/// Raw counts of some cells as a store keeps them: genes and counts in two bytes each where they fit, which halves the
/// memory of a window. The buffers only grow, so that reuse costs nothing: indptr.back() says how much is in use.
/// Genes are not checked here: whoever takes a cell must see that they ascend and are under the store's n_genes.
struct RowBlock {
  ValueType values = ValueType::kUint16;
  bool short_genes = true;  // the store has at most 65,536 of them
  std::vector<std::int64_t> indptr{0};
  std::vector<std::uint16_t> short_indices;  // where short_genes
  std::vector<GeneIndex> indices;            // where not
  std::vector<std::uint16_t> integers;       // the counts where `values` is kUint16
  std::vector<float> reals;                  // the counts where it is kFloat32

  void clear() { indptr.assign(1, 0); }
  /// Makes room for indptr.back() genes and counts.
  void make_room();
};

/// Elements [begin, end) of a shard and their place in a block: the work of one task.
struct ShardPart {
  std::int64_t begin = 0, end = 0;
  std::int64_t to = 0;
  std::int64_t ahead = 0;  // elements from begin on to ask the system for, for this part and those after it
};

/// A shard read without HDF5. Immutable: threads may share it.
class ShardReader {
 public:
  /// Throws InputError naming the shard where it is not what store.json says.
  ShardReader(const Shard& shard, const std::filesystem::path& directory, GeneIndex n_genes, ValueType values);

  [[nodiscard]] CellIndex n_cells() const { return static_cast<CellIndex>(map_.indptr.size()) - 1; }
  /// Appends the offsets of cells [begin, end) to the block and returns the parts to read, cut between chunks.
  std::vector<ShardPart> lay_out(CellIndex begin, CellIndex end, RowBlock& block) const;
  /// Fills a part of the block. Throws InputError naming the shard where it is damaged or is another file by now.
  void read(const ShardPart& part, RowBlock& block) const;
  /// Throws the InputError for a cell whose genes do not ascend or are not under n_genes.
  [[noreturn]] void refuse_genes(CellIndex cell) const;

 private:
  std::filesystem::path path_;
  core::FileIdentity identity_;
  GeneIndex n_genes_;
  ValueType values_;
  ShardMap map_;
};

/// A part of a block that lies in one shard.
struct SplitPart {
  std::size_t shard = 0;
  ShardPart part;
};

/// The shards of a split as one sequence of cells. Immutable: threads may share it.
class SplitReader {
 public:
  /// Opens every shard once. Throws InputError naming a shard that is not what store.json says.
  SplitReader(const Store& store, Split split);

  [[nodiscard]] CellIndex n_cells() const { return begins_.back(); }
  /// Prepares the block for cells `rows` of the split and returns the parts to be read into it, in any order.
  std::vector<SplitPart> lay_out(RowRange rows, RowBlock& block) const;
  /// Fills a part of the block. Throws InputError naming a damaged shard.
  void read(const SplitPart& part, RowBlock& block) const { shards_[part.shard].read(part.part, block); }
  /// Throws the InputError for a cell of the split whose genes are wrong, naming its shard.
  [[noreturn]] void refuse_genes(CellIndex row) const;

 private:
  [[nodiscard]] std::size_t shard_of(CellIndex row) const;

  std::vector<ShardReader> shards_;
  std::vector<CellIndex> begins_{0};  // of each shard in the split, and the end
};

}  // namespace sctab::store
