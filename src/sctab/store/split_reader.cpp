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

std::size_t SplitReader::shard_of(CellIndex row) const {
  return static_cast<std::size_t>(std::upper_bound(begins_.begin(), begins_.end(), row) - begins_.begin()) - 1;
}

std::vector<SplitPart> SplitReader::lay_out(RowRange rows, RowBlock& block) const {
  block.clear();
  std::vector<SplitPart> parts;
  std::size_t shard = shard_of(rows.begin);
  for (CellIndex row = rows.begin; row < rows.end; ++shard) {
    const CellIndex end = std::min(rows.end, begins_[shard + 1]);
    for (const ShardPart& part : shards_[shard].lay_out(row - begins_[shard], end - begins_[shard], block)) {
      parts.push_back({shard, part});
    }
    row = end;
  }
  block.make_room();
  return parts;
}

void SplitReader::refuse_genes(CellIndex row) const {
  const std::size_t shard = shard_of(row);
  shards_[shard].refuse_genes(row - begins_[shard]);
}

}  // namespace sctab::store
