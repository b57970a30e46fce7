#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

struct libdeflate_compressor;
struct libdeflate_decompressor;

namespace sctab::h5ad {

/// HDF5's shuffle filter: element i's byte j goes to position j × n_elements + i. Sizes are equal.
void shuffle_bytes(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out);
void unshuffle_bytes(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out);

/// Compresses chunks as HDF5's shuffle + gzip filters would. One object a thread.
class ChunkCompressor {
 public:
  explicit ChunkCompressor(int gzip_level);
  /// chunk: whole elements of element_size bytes.
  std::vector<std::byte> compress(std::span<const std::byte> chunk, std::size_t element_size);

 private:
  struct Free {
    void operator()(libdeflate_compressor* compressor) const;
  };
  std::unique_ptr<libdeflate_compressor, Free> compressor_;
  std::vector<std::byte> shuffled_;
};

/// Expands zlib streams (HDF5's gzip filter), checksum included. One object a thread.
class ZlibDecompressor {
 public:
  ZlibDecompressor();
  /// False where the stream is damaged or does not fill `out` exactly.
  bool decompress(std::span<const std::byte> in, std::span<std::byte> out);

 private:
  struct Free {
    void operator()(libdeflate_decompressor* decompressor) const;
  };
  std::unique_ptr<libdeflate_decompressor, Free> decompressor_;
};

}  // namespace sctab::h5ad
