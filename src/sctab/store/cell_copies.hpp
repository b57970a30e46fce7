#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/core/rng.hpp"

namespace sctab::store {

using core::CellIndex;

/// How often each cell of a split is shown in one epoch: the rate of its type where that is a whole number, and else
/// the one below or above by chance, so that the mean is the rate. A function of the seed, the epoch, the cell and the
/// size of blocks alone; what comes before a block need not be known.
class CellCopies {
 public:
  /// rates: of each type; none: every cell once. cell_types: codes of the whole split; it and rates outlive this.
  CellCopies(std::span<const double> rates, std::span<const std::int32_t> cell_types, const core::Rng& epoch,
             CellIndex rows_per_block)
      : rates_(rates), cell_types_(cell_types), rng_(epoch), rows_per_block_(rows_per_block) {}

  /// Whether every cell is shown once.
  [[nodiscard]] bool once() const { return rates_.empty(); }
  /// Of each row of a block, in store order.
  [[nodiscard]] std::vector<std::int32_t> of_block(CellIndex block) const;

 private:
  std::span<const double> rates_;
  std::span<const std::int32_t> cell_types_;
  core::Rng rng_;
  CellIndex rows_per_block_;
};

}  // namespace sctab::store
