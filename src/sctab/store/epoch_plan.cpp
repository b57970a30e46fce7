#include "sctab/store/epoch_plan.hpp"

#include <algorithm>
#include <numeric>

namespace sctab::store {

std::int64_t batches_per_epoch(CellIndex n_cells, const LoaderOptions& options) {
  const std::int64_t cells_per_step = options.batch_size * options.world_size;
  return std::min((n_cells + cells_per_step - 1) / cells_per_step, n_cells / options.world_size);
}

EpochPlan::EpochPlan(CellIndex n_cells, const LoaderOptions& options, std::int64_t epoch)
    : n_cells_(n_cells),
      options_(options),
      rng_(core::Rng(options.seed).child("epoch", static_cast<std::uint64_t>(epoch))),
      n_batches_(batches_per_epoch(n_cells, options)) {
  const CellIndex block_size = options.rows_per_block;
  std::vector<CellIndex> order(static_cast<std::size_t>((n_cells + block_size - 1) / block_size));
  std::iota(order.begin(), order.end(), CellIndex{0});
  if (options.shuffle) rng_.child("blocks").shuffle(std::span(order));

  const RowRange mine{sequence_begin(0), sequence_begin(n_batches_)};
  CellIndex begin = 0;  // of the block in the sequence of all ranks
  for (const CellIndex block : order) {
    const CellIndex first_row = block * block_size;
    const CellIndex end = begin + std::min(block_size, n_cells - first_row);
    const RowRange part{std::max(begin, mine.begin), std::min(end, mine.end)};
    if (part.size() > 0) blocks_.push_back({first_row + part.begin - begin, first_row + part.end - begin});
    begin = end;
  }

  CellIndex position = 0;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (i % static_cast<std::size_t>(options.blocks_per_window) == 0) window_begins_.push_back(position);
    position += blocks_[i].size();
  }
  window_begins_.push_back(position);
}

CellIndex EpochPlan::sequence_begin(std::int64_t batch) const {
  const std::int64_t all_batches = n_batches_ * options_.world_size;
  if (all_batches == 0) return 0;
  // floor(k × n_cells / all_batches), in two steps so that the product cannot overflow.
  const std::int64_t k = options_.rank * n_batches_ + batch;
  return n_cells_ / all_batches * k + n_cells_ % all_batches * k / all_batches;
}

std::int64_t EpochPlan::batch_of(CellIndex position) const {
  const CellIndex n_mine = batch_begin(n_batches_);
  SCTAB_ASSERT(position >= 0 && position < n_mine);
  // A guess that is one off at most, for the division rounds.
  const double share = static_cast<double>(position) / static_cast<double>(n_mine);
  auto batch = std::min(static_cast<std::int64_t>(share * static_cast<double>(n_batches_)), n_batches_ - 1);
  while (batch_begin(batch) > position) --batch;
  while (batch_begin(batch + 1) <= position) ++batch;
  return batch;
}

std::int64_t EpochPlan::window_of(CellIndex position) const {
  const auto after = std::upper_bound(window_begins_.begin(), window_begins_.end() - 1, position);
  return after - window_begins_.begin() - 1;
}

std::span<const RowRange> EpochPlan::window_blocks(std::int64_t window) const {
  const auto per_window = static_cast<std::size_t>(options_.blocks_per_window);
  const std::size_t first = static_cast<std::size_t>(window) * per_window;
  return std::span(blocks_).subspan(first, std::min(per_window, blocks_.size() - first));
}

std::vector<WindowRow> EpochPlan::window_order(std::int64_t window) const {
  const std::span<const RowRange> blocks = window_blocks(window);
  std::vector<WindowRow> order;
  order.reserve(static_cast<std::size_t>(window_begin(window + 1) - window_begin(window)));
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    for (CellIndex row = 0; row < blocks[b].size(); ++row) {
      order.push_back({static_cast<std::int32_t>(b), static_cast<std::int32_t>(row)});
    }
  }
  if (options_.shuffle) {
    const auto stream = static_cast<std::uint64_t>(window * options_.world_size + options_.rank);
    rng_.child("window", stream).shuffle(std::span(order));
  }
  return order;
}

}  // namespace sctab::store
