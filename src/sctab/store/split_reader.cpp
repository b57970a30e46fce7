#include "sctab/store/split_reader.hpp"

#include <algorithm>

#include "sctab/core/interrupt.hpp"

namespace sctab::store {

SplitReader::SplitReader(const Store& store, Split split) {
  for (const Shard& shard : store.shards(split)) {
    core::check_interrupt();
    shards_.emplace_back(store.directory() / shard.file, shard.n_cells, store.genes().size(), store.values());
    begins_.push_back(begins_.back() + shard.n_cells);
  }
}

void SplitReader::read(RowRange rows, RowBlock& block) const {
  block.clear();
  auto shard =
      static_cast<std::size_t>(std::upper_bound(begins_.begin(), begins_.end(), rows.begin) - begins_.begin()) - 1;
  for (CellIndex row = rows.begin; row < rows.end; ++shard) {
    const CellIndex end = std::min(rows.end, begins_[shard + 1]);
    shards_[shard].read(row - begins_[shard], end - begins_[shard], block);
    row = end;
  }
}

}  // namespace sctab::store
