#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

struct libdeflate_compressor;
struct libdeflate_decompressor;

namespace sctab::hdf5 {

/// HDF5's shuffle filter: byte j of element i goes to position j × n_elements + i, which makes a plane of n_elements
/// bytes for each j. Sizes are equal.
void shuffle_bytes(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out);
/// Fills `out` with elements [first, first + out.size() / element_size) from planes of n_elements bytes each. Given an
/// element_size below the stored one, and numbers, these are their lower bytes.
void unshuffle_bytes(std::span<const std::byte> planes, std::size_t n_elements, std::size_t element_size,
                     std::size_t first, std::span<std::byte> out);

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

/// The HDF5 filter id under which h5py stores LZF chunks (compression="lzf").
inline constexpr int kLzfFilter = 32000;

/// Expands one LZF stream. Returns the bytes written, or nothing where the stream is damaged or `out` is too small.
std::optional<std::size_t> expand_lzf(std::span<const std::byte> in, std::span<std::byte> out);

/// Whether bytes end with the checksum of those before, as HDF5's fletcher32 filter makes it.
bool has_fletcher32(std::span<const std::byte> bytes);

/// Makes libhdf5 read LZF chunks; it has no such filter itself, h5py brings its own. Reading only.
void register_lzf_filter();

}  // namespace sctab::hdf5
