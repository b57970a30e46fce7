#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sctab/sparse/csr.hpp"
#include "sctab/store/store.hpp"

namespace sctab::store {

struct LoaderOptions {
  CellIndex batch_size = 2048;
  std::uint64_t seed = 1;
  bool shuffle = true;  // false: store order (which is already a random order of the split)
  int rank = 0, world_size = 1;
  int threads = 0;                  // decoders; 0: all
  CellIndex rows_per_block = 2048;  // contiguous reads
  CellIndex blocks_per_window = 4;  // shuffled together; two windows are in memory; more where a batch needs more
  bool normalise = true;            // log1p of counts scaled to 10,000; false: values as the store has them
  // How often an epoch shows a cell of each type, in the mean over epochs: 0 to 1000; none: every cell exactly once.
  std::vector<double> copies_per_type{};
  void validate() const;  // throws InputError naming the field
};

/// One batch. x: (n × n_genes) in the store's gene order. rows: positions in the split; cell_types: codes.
struct Batch {
  sparse::CsrMatrix x;
  std::vector<TypeIndex> cell_types;
  std::vector<CellIndex> rows;
};

/// Shuffled batches of one split. Shards are read without HDF5: chunk addresses once, then pread, libdeflate (whose
/// checksum finds damage) and unshuffle on our own threads; the next window decodes while this one is used.
///
/// Promises: the order is a pure function of (seed, epoch, rank, world size); every cell exactly once an epoch over all
/// ranks; equal batch counts on every rank, and batch sizes that differ by one at most (no runt at the end of an epoch,
/// which would spoil batch norm); start(epoch, batch) in O(1); a damaged shard is named and refused.
/// With copies_per_type an epoch shows a cell several times or not at all: see CellCopies. Blocks are read as ever, one
/// after the other; epochs differ in length, and start() looks at the type of every cell of the split.
class Loader {
 public:
  Loader(const Store& store, Split split, LoaderOptions options = {});
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Batches of the epoch that was begun, on each rank; 0 for an empty split.
  [[nodiscard]] std::int64_t n_batches() const;
  /// Cells in those batches, on this rank; each as often as it is shown.
  [[nodiscard]] CellIndex n_cells() const;
  /// Begins an epoch, at a batch of it. The loader starts at (0, 0). Throws InputError if there is no such batch,
  /// and goes on as if it had not been asked.
  void start(std::int64_t epoch, std::int64_t batch = 0);
  /// The next batch of this epoch; false at its end. Reuses the batch's memory.
  bool next(Batch& batch);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sctab::store
