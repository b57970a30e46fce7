#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace sctab::codecs {

/// How a run of bytes is compressed. Which framing lies around it is part of it: there are two of LZ4.
enum class Codec : std::uint8_t {
  kDeflate,  // RFC 1951, as members of zip files are
  kZlib,     // RFC 1950: HDF5's filter "gzip", numcodecs' "zlib"
  kGzip,     // RFC 1952, one member or several
  kZstd,     // frames of RFC 8878
  kLz4Hdf5,  // HDF5's filter 32004: size (8 bytes), bytes of a block (4), then blocks after their sizes (4), big-endian
  kLz4Numcodecs,  // size (4 bytes, little-endian), then one block
  kBlosc,         // version 1, with whichever of blosclz, lz4, zlib, snappy and zstd inside
  kLzf,           // one stream of liblzf, as h5py stores it
  kBzip2
};

/// "zstd", "blosc": for messages.
std::string_view name_of(Codec codec);

/// The elements' bits transposed in blocks, and each block then compressed: HDF5's filter 32008.
struct Bitshuffle {
  enum class Inner : std::uint8_t { kNone, kLz4, kZstd };

  std::size_t element_size = 1;    // bytes
  std::size_t block_elements = 0;  // 0: as many as bitshuffle chooses; read from the bytes where they are compressed
  Inner inner = Inner::kLz4;
};

/// What HDF5's szip filter stores of how it was called.
struct Szip {
  unsigned options = 0;           // bits of szlib.h
  unsigned pixels_per_block = 0;  // 2 … 32, even
  unsigned bits_per_pixel = 0;    // 1 … 24, 32 or 64
  unsigned pixels_per_scanline = 0;
};

/// Expands what any of the codecs compressed. Reads the given bytes and writes `out`, and nothing next to them,
/// for any sizes that the bytes claim; its own memory is at most a few times `out`. One object a thread:
/// it keeps the states of decoders between calls.
class Expander {
 public:
  Expander();
  ~Expander();
  Expander(Expander&&) noexcept;
  Expander& operator=(Expander&&) noexcept;

  /// Returns the bytes written to the front of `out`; nothing where `in` is damaged or expands to more than `out`
  /// holds. A caller that knows the size compares it.
  std::optional<std::size_t> expand(Codec codec, std::span<const std::byte> in, std::span<std::byte> out);
  std::optional<std::size_t> expand(const Bitshuffle& form, std::span<const std::byte> in, std::span<std::byte> out);
  std::optional<std::size_t> expand(const Szip& form, std::span<const std::byte> in, std::span<std::byte> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sctab::codecs
