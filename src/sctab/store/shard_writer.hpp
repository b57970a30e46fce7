#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/store/spool.hpp"
#include "sctab/store/store.hpp"

namespace sctab::store {

/// What all shards of a store have in common.
struct ShardLayout {
  genes::GeneList genes;              // in the store's order
  std::vector<GeneIndex> new_of_old;  // the place in it of each gene of the spools
  CategoryTables tables;
  ValueType values = ValueType::kUint16;
  std::int64_t chunk_elements = 1 << 17;
  int gzip_level = 4;
  std::int64_t memory_bytes = 0;
  std::int64_t most_values = 0;  // of a shard
};

/// Which shard of which split, and which cells of the spool's new order are its own.
struct ShardPlace {
  Split split = Split::kTrain;
  std::int64_t number = 0;       // within the split
  CellIndex first_position = 0;  // of its cells in the split
  CellIndex begin = 0, end = 0;  // in the order drawn for the spool; all of it, but for cells of very many genes
};

/// Pass 2: cells of a spool in an order drawn uniformly from rng, as directory/SPLIT-NUMBER.h5ad. Memory stays under
/// layout.memory_bytes: the spool is read in several goes where its cells do not fit. Throws InputError where they have
/// more values than a shard may hold.
Shard write_shard(const std::filesystem::path& directory, const ShardPlace& place, const Spool& spool, core::Rng rng,
                  const ShardLayout& layout, core::ThreadPool& pool);

}  // namespace sctab::store
