#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "sctab/store/shard_tables.hpp"

namespace sctab::store {

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
