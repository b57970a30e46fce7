#pragma once

#include <vector>

#include "sctab/store/epoch_plan.hpp"
#include "sctab/store/shard_reader.hpp"

namespace sctab::store {

/// The shards of a split as one sequence of cells. Immutable: threads may share it.
class SplitReader {
 public:
  /// Opens every shard once. Throws InputError naming a shard that is not what store.json says.
  SplitReader(const Store& store, Split split);

  [[nodiscard]] CellIndex n_cells() const { return begins_.back(); }
  /// Replaces the block by cells `rows` of the split. Throws InputError naming a damaged shard.
  void read(RowRange rows, RowBlock& block) const;

 private:
  std::vector<ShardReader> shards_;
  std::vector<CellIndex> begins_{0};  // of each shard in the split, and the end
};

}  // namespace sctab::store
