#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/store/loader.hpp"

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
  /// How often each row of a block is shown, in store order.
  [[nodiscard]] std::vector<std::int32_t> of_block(CellIndex block) const;

 private:
  std::span<const double> rates_;
  std::span<const std::int32_t> cell_types_;
  core::Rng rng_;
  CellIndex rows_per_block_;
};

/// Rows [begin, end) of a split, in store order.
struct RowRange {
  CellIndex begin = 0, end = 0;
  [[nodiscard]] CellIndex size() const { return end - begin; }
};

/// A cell of a window: the block that holds it and its row there.
struct WindowRow {
  std::int32_t block = 0;
  std::int32_t row = 0;
  bool operator==(const WindowRow&) const = default;
};

/// Batches on each rank, for an epoch that shows n_cells; none is empty where there is a cell for each rank. (Several
/// ranks with batches of one cell may get one of two: so their counts are equal.)
std::int64_t batches_per_epoch(CellIndex n_cells, const LoaderOptions& options);

/// Which cells each batch of one rank holds in one epoch: a pure function of (seed, epoch, rank, world size) and the
/// sizes, and of the cells' types where the epoch shows some types more often. The split's blocks are shuffled and laid
/// end to end, each cell as often as it is shown; the batches of all ranks cut that sequence into equal parts, rank
/// after rank, and the cells of a rank are shuffled again within windows of some blocks, of a batch at least: so a
/// batch spans two windows at most. Positions below count the rank's own cells from 0, each as often as it is shown.
class EpochPlan {
 public:
  /// cell_types: codes of the split, which outlive this; only options.copies_per_type needs them.
  EpochPlan(CellIndex n_cells, const LoaderOptions& options, std::int64_t epoch,
            std::span<const std::int32_t> cell_types = {});
  EpochPlan(EpochPlan&&) = default;  // not copied: copies_ looks into options_
  EpochPlan& operator=(EpochPlan&&) = default;

  [[nodiscard]] std::int64_t n_batches() const { return n_batches_; }
  /// Position where a batch begins; batch n_batches() begins where the rank's cells end.
  [[nodiscard]] CellIndex batch_begin(std::int64_t batch) const { return sequence_begin(batch) - sequence_begin(0); }

  /// The batch that holds a position of the rank's cells.
  [[nodiscard]] std::int64_t batch_of(CellIndex position) const;

  /// The blocks that this rank reads, in order; the first and the last may be parts of a block. A block that the epoch
  /// shows no cell of is left out.
  [[nodiscard]] const std::vector<RowRange>& blocks() const { return blocks_; }
  [[nodiscard]] std::int64_t n_windows() const { return static_cast<std::int64_t>(window_begins_.size()) - 1; }
  /// Position where a window begins; window n_windows() begins where the rank's cells end.
  [[nodiscard]] CellIndex window_begin(std::int64_t window) const {
    return window_begins_[static_cast<std::size_t>(window)];
  }
  /// The window that holds a position.
  [[nodiscard]] std::int64_t window_of(CellIndex position) const;
  /// The window's blocks.
  [[nodiscard]] std::span<const RowRange> window_blocks(std::int64_t window) const;
  /// The window's cells in the order of their positions; WindowRow::block counts within window_blocks().
  [[nodiscard]] std::vector<WindowRow> window_order(std::int64_t window) const;

 private:
  /// What this rank shows of a block: of the copies of its rows, end to end, `size` after the first `skip`.
  struct Shown {
    CellIndex skip = 0, size = 0;
  };

  [[nodiscard]] CellIndex sequence_begin(std::int64_t batch) const;
  [[nodiscard]] std::vector<CellIndex> count_copies(CellIndex n_cells) const;
  void add_block(RowRange rows, CellIndex n_copies, RowRange positions);
  void cut_windows();
  void append_rows(std::size_t block, std::int32_t number, std::vector<WindowRow>& order) const;

  LoaderOptions options_;
  core::Rng rng_;  // of this epoch
  CellCopies copies_;
  CellIndex n_cells_ = 0;  // shown, over all ranks
  std::int64_t n_batches_ = 0;
  std::vector<RowRange> blocks_;
  std::vector<Shown> shown_;                // of each block
  std::vector<std::size_t> window_blocks_;  // the first block of each window, and the end
  std::vector<CellIndex> window_begins_;
};

}  // namespace sctab::store
