#pragma once

#include <vector>

#include "sctab/store/epoch_plan.hpp"
#include "sctab/store/shard_reader.hpp"

namespace sctab::store {

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
