#pragma once

#include <cstdint>
#include <future>
#include <span>
#include <vector>

#include "sctab/store/epoch_plan.hpp"
#include "sctab/store/shard_reader.hpp"

namespace sctab::store {

/// A part of a window's blocks that one task reads.
struct WindowRead {
  std::size_t block = 0;
  SplitPart part;
};

/// A window in memory: its blocks as tasks decode them, and the order in which batches take its cells.
struct DecodedWindow {
  std::vector<RowRange> rows;    // of each block
  std::vector<RowBlock> blocks;  // keep their memory from window to window
  std::vector<WindowRow> order;
  std::vector<WindowRead> reads;                  // all that its blocks need
  std::vector<std::shared_future<void>> decoded;  // one for each read that was begun, in their order
  std::vector<std::shared_future<void>> users;    // of the batches made of it

  /// Makes this the given window of the plan, once nothing works on the earlier one. Nothing is read yet.
  void reset(const EpochPlan& plan, std::int64_t window, const SplitReader& reader);
  /// Until nothing works on it; errors stay where they are.
  void wait();
  /// Until all reads are done. Throws what reading threw.
  void get() const;
};

/// Positions [begin, end) of a window's order.
struct WindowPart {
  const DecodedWindow* window = nullptr;
  CellIndex begin = 0, end = 0;
};

/// What a batch is made of: the cells of the parts, one part after another.
struct BatchSource {
  std::vector<WindowPart> parts;
  const SplitReader* reader = nullptr;
  bool normalise = true;
};

/// Sets everything in the batch but its genes and values, for which it makes room. Blocks need not be read yet.
/// cell_types: codes of the whole split.
void lay_out(const BatchSource& source, std::span<const std::int32_t> cell_types, GeneIndex n_genes, Batch& batch);
/// Fills in genes and values of cells [begin, end) of a batch that was laid out. Throws InputError naming the shard
/// where the genes of a cell do not ascend.
void fill(const BatchSource& source, CellIndex begin, CellIndex end, Batch& batch);

}  // namespace sctab::store
