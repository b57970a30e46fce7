#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/h5ad/writer.hpp"
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

/// The obs of a shard's cells, which have positions [begin, end) in some order.
class ObsColumns {
 public:
  ObsColumns(CellIndex begin, CellIndex end);
  void set(CellIndex position, const CellObs& obs);
  /// The columns of a shard. Leaves this empty.
  std::vector<formats::Column> take_columns(const CategoryTables& tables);

 private:
  CellIndex begin_;
  std::array<std::vector<std::int32_t>, kNumFields> codes_;
  formats::Integers source_rows_;
};

/// "train-00000.h5ad".
std::string shard_file_name(const ShardPlace& place);

/// Writes a shard of cells that come in their final order, in bounded memory: for sources whose order is kept. Several
/// may be written at once, each by a thread of its own.
class OrderedShard {
 public:
  /// file: written directly, give it the path() of a core::StagedOutput. place: begin is 0, end the number of cells.
  /// layout: outlives this; its genes are those of the cells, in their order.
  OrderedShard(std::filesystem::path file, ShardPlace place, const ShardLayout& layout);

  /// Throws InputError where the shard's values become more than layout.most_values.
  void append(sparse::CsrView cells, std::span<const CellObs> obs);
  /// more_obs: further columns for obs, one value a cell. Throws std::logic_error where cells are missing.
  Shard finish(std::vector<formats::Column> more_obs);

 private:
  std::filesystem::path file_;
  ShardPlace place_;
  const ShardLayout& layout_;
  h5ad::Writer writer_;
  ObsColumns obs_;
  CellIndex n_cells_ = 0;
  std::int64_t n_values_ = 0;
};

}  // namespace sctab::store
