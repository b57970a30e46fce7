#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sctab/formats/h5ad/chunk_codec.hpp"
#include "sctab/store/chunk_map.hpp"
#include "sctab/store/random_access_file.hpp"

namespace sctab::store {

/// Reads a shard's chunks, which are planes of bytes (HDF5's shuffle) under deflate, and inflates no more planes than
/// are needed. Deflate's checksum finds damage. One for each thread.
class PlaneDecoder {
 public:
  /// Elements [begin, begin + out.size()) of a dataset of T: uint16, float or int32. Integers of four bytes may also be
  /// read as uint16: returns whether all of them are under 65,536 (those that are not lose their upper half).
  /// Throws InputError naming the file and dataset on damage.
  template <typename T>
  [[nodiscard]] bool read(const RandomAccessFile& file, const ChunkMap& map, std::int64_t begin, std::span<T> out);

 private:
  void load(const RandomAccessFile& file, const Chunk& chunk);
  bool inflate_lower_halves(const ChunkMap& map);
  void inflate(const RandomAccessFile& file, const ChunkMap& map, const Chunk& chunk);

  h5ad::ZlibDecompressor zlib_;
  std::vector<std::byte> compressed_;
  std::vector<std::byte> planes_;  // element_bytes planes of chunk_elements bytes each
};

}  // namespace sctab::store
