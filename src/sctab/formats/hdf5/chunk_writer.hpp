#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <future>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sctab/formats/hdf5/chunk_codec.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::core {
class ThreadPool;
}

namespace sctab::hdf5 {

struct ChunkOptions {
  std::int64_t width = 0;       // columns of a two-dimensional dataset; 0: one-dimensional
  std::int64_t chunk_rows = 1;  // chunks span all columns
  int gzip_level = 4;           // 0: stored as they are, without filters
  core::ThreadPool* pool = nullptr;
};

/// A dataset of numbers that grows by whole rows. Its chunks go through shuffle and gzip, compressed by us (in
/// parallel, given a pool) and handed to HDF5 as they are. Holds at most 33 chunks; one where they are not compressed.
class ChunkWriter {
 public:
  /// type: of an element, in memory and in the file.
  ChunkWriter(hid_t parent, std::string_view name, hid_t type, ChunkOptions options);
  ~ChunkWriter();
  ChunkWriter(const ChunkWriter&) = delete;
  ChunkWriter& operator=(const ChunkWriter&) = delete;

  /// Not to be called while the thread holds the Lock and a pool is given.
  void append(std::span<const std::byte> rows);
  [[nodiscard]] std::int64_t n_rows() const { return n_rows_; }
  /// Writes what is left; the dataset lives on in what is returned.
  Handle finish();

 private:
  void submit();
  void write(std::span<const std::byte> chunk);
  void write_oldest();
  void set_rows(std::int64_t n);

  Handle dataset_;
  ChunkOptions options_;
  std::size_t element_size_, row_size_;
  std::vector<std::byte> filling_;
  std::deque<std::future<std::vector<std::byte>>> compressing_;
  std::int64_t n_rows_ = 0, written_rows_ = 0;
  std::optional<ChunkCompressor> compressor_;
};

}  // namespace sctab::hdf5
