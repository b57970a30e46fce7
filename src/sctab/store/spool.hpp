#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "sctab/core/thread_pool.hpp"
#include "sctab/store/cell_codec.hpp"

namespace sctab::store {

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
  /// Of the flushed cells; all must be.
  [[nodiscard]] const SpoolState& state() const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] CellIndex n_cells() const { return state_.n_cells; }
  [[nodiscard]] std::size_t buffered_bytes() const { return buffer_.size(); }
  /// Non-zero counts of all cells.
  [[nodiscard]] std::int64_t n_values() const { return state_.n_values; }
  /// Of all cells, encoded and not compressed.
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
