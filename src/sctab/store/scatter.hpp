#pragma once

#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/core/rng.hpp"

namespace sctab::store {

/// Deals cells to shards of exact sizes: each cell goes to a shard with probability in proportion to the places left
/// there, which makes every way to fill the shards equally likely. With a uniform permutation inside each shard the
/// order of all cells is then an exact uniform random permutation.
class Scatter {
 public:
  /// Shards of cells_per_shard cells, the last one with what is left.
  Scatter(core::CellIndex n_cells, core::CellIndex cells_per_shard, core::Rng rng) : rng_(rng), places_left_(n_cells) {
    for (core::CellIndex left = n_cells; left > 0; left -= cells_per_shard) {
      capacities_.push_back(left < cells_per_shard ? left : cells_per_shard);
    }
    places_ = capacities_;
  }

  [[nodiscard]] const std::vector<core::CellIndex>& capacities() const { return capacities_; }
  [[nodiscard]] core::CellIndex places_left() const { return places_left_; }

  /// The shard of the next cell; there must be a place left.
  std::size_t next() {
    SCTAB_ASSERT(places_left_ > 0);
    auto draw = static_cast<core::CellIndex>(rng_.below(static_cast<std::uint64_t>(places_left_--)));
    std::size_t shard = 0;
    while (draw >= places_[shard]) draw -= places_[shard++];
    --places_[shard];
    return shard;
  }

 private:
  core::Rng rng_;
  core::CellIndex places_left_;
  std::vector<core::CellIndex> capacities_, places_;
};

}  // namespace sctab::store
