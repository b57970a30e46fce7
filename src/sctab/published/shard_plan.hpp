#pragma once

#include <vector>

#include "sctab/published/parquet_store.hpp"
#include "sctab/store/shard_writer.hpp"

namespace sctab::published {

/// Parts that one thread reads, one after another, and the shards that it writes of them: the shards' cells are the
/// parts' cells, in their order.
struct ShardJob {
  std::vector<Part> parts;
  std::vector<store::ShardPlace> shards;  // begin 0, end its number of cells

  [[nodiscard]] std::vector<FileState> part_states() const;
};

/// Shards of as many whole parts as cells_per_shard allows, and several shards of a part that is larger.
std::vector<ShardJob> plan_shards(const ParquetStore& from, CellIndex cells_per_shard);

}  // namespace sctab::published
