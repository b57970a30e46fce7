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

/// The cells of one shard on their way through the disk, in order of arrival: encoded, in compressed blocks, in a
/// temporary file that is removed at the end.
class Spool {
 public:
  explicit Spool(std::filesystem::path path);
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

  [[nodiscard]] CellIndex n_cells() const { return n_cells_; }
  [[nodiscard]] std::size_t buffered_bytes() const { return buffer_.size(); }
  /// Non-zero counts of all cells.
  [[nodiscard]] std::int64_t n_values() const { return n_values_; }
  /// Of all cells, encoded and not compressed.
  [[nodiscard]] std::int64_t encoded_bytes() const { return encoded_bytes_; }

  /// Calls visit(cell's place in the order of arrival, its bytes) for every flushed cell, in that order.
  void for_each(core::ThreadPool& pool, const std::function<void(CellIndex, std::span<const std::byte>)>& visit) const;

 private:
  struct Block {
    std::int64_t offset = 0, compressed_bytes = 0, bytes = 0;
  };
  [[nodiscard]] std::vector<std::byte> read(const Block& block) const;

  std::filesystem::path path_;
  std::vector<std::byte> buffer_;
  std::vector<Block> blocks_;
  CellIndex n_cells_ = 0;
  std::int64_t n_values_ = 0, encoded_bytes_ = 0, file_bytes_ = 0;
};

}  // namespace sctab::store
