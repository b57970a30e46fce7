#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/sparse/csr.hpp"
#include "sctab/store/writer.hpp"

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

/// One cell as bytes for the spools: its obs, then gaps between genes and counts as variable-length integers, which is
/// a third of CSR's size before any compression. Cells with a count that does not fit uint16 keep float32 values.
///
/// Appends a cell, zeros dropped. counts: finite and >= 0. Returns whether its counts are uint16.
bool encode_cell(sparse::RowView counts, const CellObs& obs, std::vector<std::byte>& bytes);

/// The cell that begins at the front of `bytes`: only its size in bytes.
std::size_t encoded_size(std::span<const std::byte> bytes);

struct DecodedCell {
  CellObs obs;
  std::vector<GeneIndex> genes;  // ascending
  std::vector<float> counts;
};
/// The cell that begins at the front of `bytes`. Reuses the memory of `cell`.
void decode_cell(std::span<const std::byte> bytes, DecodedCell& cell);

/// A compressed block of a spool's file.
struct SpoolBlock {
  std::int64_t offset = 0, compressed_bytes = 0, bytes = 0;
};

/// All of a spool but the bytes in its file.
struct SpoolState {
  std::vector<SpoolBlock> blocks;
  CellIndex n_cells = 0;
  std::int64_t n_values = 0, encoded_bytes = 0, file_bytes = 0;
};

/// The cells of one shard on their way through the disk, in order of arrival: encoded, in compressed blocks, in a
/// temporary file that is removed at the end, unless it is kept to be resumed.
class Spool {
 public:
  explicit Spool(std::filesystem::path path);
  /// Resumes a file that was kept; what was written to it after the state was taken is cut off. Throws
  /// InputError naming the file where it is shorter.
  Spool(std::filesystem::path path, SpoolState state);
  ~Spool();
  Spool(Spool&&) = default;
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  Spool& operator=(Spool&&) = delete;

  /// Returns whether the cell's counts are uint16.
  bool add(sparse::RowView counts, const CellObs& obs);
  /// Writes what is buffered as a block. Throws InputError naming the file on a full disk. Other spools may flush at
  /// the same time.
  void flush();

  /// Leaves the file where it is at the end, or does not.
  void keep_file(bool keep) { keep_file_ = keep; }
  /// Removes the file now, and the cells with it.
  void remove_file() noexcept;
  /// The state once all cells are flushed; they must be.
  [[nodiscard]] const SpoolState& state() const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] CellIndex n_cells() const { return state_.n_cells; }
  [[nodiscard]] std::size_t buffered_bytes() const { return buffer_.size(); }
  /// Non-zero counts of all cells.
  [[nodiscard]] std::int64_t n_values() const { return state_.n_values; }
  /// Bytes of all cells, encoded but not compressed.
  [[nodiscard]] std::int64_t encoded_bytes() const { return state_.encoded_bytes; }

  /// Calls visit(cell's place in the order of arrival, its bytes) for every flushed cell, in that order.
  void for_each(core::ThreadPool& pool, const std::function<void(CellIndex, std::span<const std::byte>)>& visit) const;

 private:
  [[nodiscard]] std::vector<std::byte> read(const SpoolBlock& block) const;

  std::filesystem::path path_;
  std::vector<std::byte> buffer_;
  SpoolState state_;
  bool keep_file_ = false;
};

}  // namespace sctab::store
