#pragma once

#include <cstdint>
#include <future>
#include <span>
#include <vector>

#include "sctab/store/epoch_plan.hpp"
#include "sctab/store/shard_reader.hpp"

namespace sctab::store {

/// A window in memory: its blocks as tasks decode them, and the order in which batches take its cells.
struct DecodedWindow {
  std::vector<RowRange> rows;    // of each block
  std::vector<RowBlock> blocks;  // keep their memory from window to window
  std::vector<WindowRow> order;
  std::vector<std::shared_future<void>> decoded;  // one a block
  std::vector<std::shared_future<void>> users;    // batches made of it

  /// Makes this the given window of the plan, once nothing works on the earlier one.
  void reset(const EpochPlan& plan, std::int64_t window);
  /// Until nothing works on it; errors stay where they are.
  void wait();
  /// Until all blocks are decoded. Throws what decoding threw.
  void get() const;
};

/// Positions [begin, end) of a window's order.
struct WindowPart {
  const DecodedWindow* window = nullptr;
  CellIndex begin = 0, end = 0;
};

/// Fills the batch with the cells of the parts, one part after another. cell_types: codes of the whole split.
void assemble(std::span<const WindowPart> parts, std::span<const std::int32_t> cell_types, GeneIndex n_genes,
              bool normalise, Batch& batch);

}  // namespace sctab::store
