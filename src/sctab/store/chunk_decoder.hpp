#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sctab/store/chunk_map.hpp"
#include "sctab/store/random_access_file.hpp"

struct libdeflate_decompressor;

namespace sctab::store {

/// Reads chunks and undoes deflate (whose checksum finds damage) and shuffle. One for each thread.
class ChunkDecoder {
 public:
  ChunkDecoder();
  /// Elements [begin, begin + out.size()) of a dataset of T: uint16, float or int32. Integers of four bytes may also be
  /// read as uint16: returns whether all of them are under 65,536 (those that are not lose their upper half).
  /// Throws InputError naming the file and dataset on damage.
  template <typename T>
  [[nodiscard]] bool read(const RandomAccessFile& file, const ChunkMap& map, std::int64_t begin, std::span<T> out);

 private:
  struct Free {
    void operator()(libdeflate_decompressor* decompressor) const;
  };
  void load(const RandomAccessFile& file, const Chunk& chunk);
  bool inflate_lower_halves(const ChunkMap& map);
  void inflate(const RandomAccessFile& file, const ChunkMap& map, const Chunk& chunk);

  std::unique_ptr<libdeflate_decompressor, Free> decompressor_;
  std::vector<std::byte> compressed_;
  std::vector<std::byte> shuffled_;  // element_bytes planes of chunk_elements bytes each
};

}  // namespace sctab::store
