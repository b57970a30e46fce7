#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

struct libdeflate_compressor;
struct libdeflate_decompressor;

namespace sctab::hdf5 {

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
  /// What decompress_before_zeros() needs in `out` behind the bytes that are wanted.
  static constexpr std::size_t kRoomForLastMatch = 258;
  /// Expands no more than out.size() - kRoomForLastMatch bytes, which `out` then begins with, and proves by the
  /// stream's checksum that n_zeros zeros are all that follows them. False where that is not so.
  bool decompress_before_zeros(std::span<const std::byte> in, std::size_t n_zeros, std::span<std::byte> out);

 private:
  struct Free {
    void operator()(libdeflate_decompressor* decompressor) const;
  };
  std::unique_ptr<libdeflate_decompressor, Free> decompressor_;
};

}  // namespace sctab::hdf5
