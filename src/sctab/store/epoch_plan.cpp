#include "sctab/store/epoch_plan.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace sctab::store {

std::vector<std::int32_t> CellCopies::of_block(CellIndex block) const {
  const auto begin = static_cast<std::size_t>(block * rows_per_block_);
  const auto size = std::min(static_cast<std::size_t>(rows_per_block_), cell_types_.size() - begin);
  std::vector<std::int32_t> copies(size, 1);
  if (once()) return copies;
  core::Rng rng = rng_.child("copies", static_cast<std::uint64_t>(block));
  for (std::size_t row = 0; row < size; ++row) {
    const double rate = rates_[static_cast<std::size_t>(cell_types_[begin + row])];
    const double whole = std::floor(rate);
    copies[row] = static_cast<std::int32_t>(whole) + (rng.uniform() < rate - whole ? 1 : 0);
  }
  return copies;
}

std::int64_t batches_per_epoch(CellIndex n_cells, const LoaderOptions& options) {
  const std::int64_t cells_per_step = options.batch_size * options.world_size;
  return std::min((n_cells + cells_per_step - 1) / cells_per_step, n_cells / options.world_size);
}

EpochPlan::EpochPlan(CellIndex n_cells, const LoaderOptions& options, std::int64_t epoch,
                     std::span<const std::int32_t> cell_types)
    : options_(options),
      rng_(core::Rng(options.seed).child("epoch", static_cast<std::uint64_t>(epoch))),
      copies_(options_.copies_per_type, cell_types, rng_, options.rows_per_block) {
  SCTAB_ASSERT(copies_.once() || std::ssize(cell_types) == n_cells);
  const CellIndex block_size = options.rows_per_block;
  const std::vector<CellIndex> copies = count_copies(n_cells);
  n_cells_ = std::accumulate(copies.begin(), copies.end(), CellIndex{0});
  n_batches_ = batches_per_epoch(n_cells_, options);
  std::vector<CellIndex> order(copies.size());
  std::iota(order.begin(), order.end(), CellIndex{0});
  if (options.shuffle) rng_.child("blocks").shuffle(std::span(order));

  const RowRange mine{sequence_begin(0), sequence_begin(n_batches_)};
  CellIndex begin = 0;  // of the block in the sequence of all ranks
  for (const CellIndex block : order) {
    const CellIndex n_copies = copies[static_cast<std::size_t>(block)];
    const RowRange part{std::max(begin, mine.begin) - begin, std::min(begin + n_copies, mine.end) - begin};
    const CellIndex first_row = block * block_size;
    if (part.size() > 0) add_block({first_row, std::min(first_row + block_size, n_cells)}, n_copies, part);
    begin += n_copies;
  }
  cut_windows();
}

// How many rows the epoch shows of each block of the split.
std::vector<CellIndex> EpochPlan::count_copies(CellIndex n_cells) const {
  const CellIndex block_size = options_.rows_per_block;
  std::vector<CellIndex> counts;
  for (CellIndex first_row = 0; first_row < n_cells; first_row += block_size) {
    if (copies_.once()) {
      counts.push_back(std::min(block_size, n_cells - first_row));
    } else {
      const std::vector<std::int32_t> copies = copies_.of_block(first_row / block_size);
      counts.push_back(std::accumulate(copies.begin(), copies.end(), CellIndex{0}));
    }
  }
  return counts;
}

// Positions count the copies of the block's rows.
void EpochPlan::add_block(RowRange rows, CellIndex n_copies, RowRange positions) {
  if (copies_.once()) {
    blocks_.push_back({rows.begin + positions.begin, rows.begin + positions.end});
    shown_.push_back({0, positions.size()});
    return;
  }
  CellIndex before = 0;  // of the copies, those before rows.begin
  if (positions.size() < n_copies) {
    const std::vector<std::int32_t> copies = copies_.of_block(rows.begin / options_.rows_per_block);
    auto row = copies.begin();
    for (; before + *row <= positions.begin; ++row) before += *row;
    auto end = row;
    for (CellIndex seen = before; seen < positions.end; ++end) seen += *end;
    rows = {rows.begin + (row - copies.begin()), rows.begin + (end - copies.begin())};
  }
  blocks_.push_back(rows);
  shown_.push_back({positions.begin - before, positions.size()});
}

void EpochPlan::cut_windows() {
  CellIndex position = 0;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const bool full = !window_blocks_.empty() &&
                      std::cmp_greater_equal(i - window_blocks_.back(), options_.blocks_per_window) &&
                      position - window_begins_.back() >= options_.batch_size;
    if (i == 0 || full) {
      window_blocks_.push_back(i);
      window_begins_.push_back(position);
    }
    position += shown_[i].size;
  }
  window_blocks_.push_back(blocks_.size());
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
  const auto w = static_cast<std::size_t>(window);
  return std::span(blocks_).subspan(window_blocks_[w], window_blocks_[w + 1] - window_blocks_[w]);
}

std::vector<WindowRow> EpochPlan::window_order(std::int64_t window) const {
  const std::span<const RowRange> blocks = window_blocks(window);
  std::vector<WindowRow> order;
  order.reserve(static_cast<std::size_t>(window_begin(window + 1) - window_begin(window)));
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    append_rows(window_blocks_[static_cast<std::size_t>(window)] + b, static_cast<std::int32_t>(b), order);
  }
  if (options_.shuffle) {
    const auto stream = static_cast<std::uint64_t>(window * options_.world_size + options_.rank);
    rng_.child("window", stream).shuffle(std::span(order));
  }
  return order;
}

// block: of all that this rank reads; number: its own within the window.
void EpochPlan::append_rows(std::size_t block, std::int32_t number, std::vector<WindowRow>& order) const {
  const RowRange rows = blocks_[block];
  if (copies_.once()) {
    for (CellIndex row = 0; row < rows.size(); ++row) order.push_back({number, static_cast<std::int32_t>(row)});
    return;
  }
  const std::vector<std::int32_t> copies = copies_.of_block(rows.begin / options_.rows_per_block);
  const auto first = static_cast<std::size_t>(rows.begin % options_.rows_per_block);
  auto [skip, left] = shown_[block];
  for (std::int32_t row = 0; left > 0; ++row) {
    const CellIndex n = std::min(copies[first + static_cast<std::size_t>(row)] - skip, left);
    order.insert(order.end(), static_cast<std::size_t>(n), WindowRow{number, row});
    left -= n;
    skip = 0;
  }
}

}  // namespace sctab::store
