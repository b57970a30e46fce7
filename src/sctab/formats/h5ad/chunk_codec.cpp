#include "sctab/formats/h5ad/chunk_codec.hpp"

#include <libdeflate.h>

#include <cstdint>
#include <cstring>
#include <new>

#include "sctab/core/error.hpp"

namespace sctab::h5ad {
namespace {

template <std::size_t kSize>
void shuffle_fixed(const std::byte* in, std::size_t n, std::byte* out) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < kSize; ++j) out[j * n + i] = in[i * kSize + j];
  }
}

/// From planes that are n_elements bytes apart. Bytes one by one: GCC makes of it what is 3 times (4 bytes) and 6 times
/// (8 bytes) as fast as putting numbers together by shifts.
template <std::size_t kSize>
void unshuffle_fixed(const std::byte* planes, std::size_t n_elements, std::size_t n, std::byte* out) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < kSize; ++j) out[i * kSize + j] = planes[j * n_elements + i];
  }
}

/// Adler-32 of bytes and then n zeros (RFC 1950): zeros leave its first sum as it is, which is then added n times to
/// the second.
std::uint32_t checksum_with_zeros_after(std::span<const std::byte> bytes, std::size_t n_zeros) {
  constexpr std::uint64_t kBase = 65'521;
  const std::uint32_t sums = libdeflate_adler32(1, bytes.data(), bytes.size());
  const std::uint64_t first = sums & 0xFFFFU;
  const std::uint64_t second = ((sums >> 16U) + std::uint64_t{n_zeros} % kBase * first) % kBase;
  return static_cast<std::uint32_t>(second << 16U | first);
}

/// The checksum at the end of a zlib stream, highest byte first.
std::uint32_t stored_checksum(std::span<const std::byte> stream) {
  std::uint32_t sums = 0;
  for (const std::byte byte : stream.last(4)) sums = sums << 8U | std::to_integer<std::uint32_t>(byte);
  return sums;
}

}  // namespace

void shuffle_bytes(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out) {
  SCTAB_ASSERT(in.size() == out.size() && element_size > 0 && in.size() % element_size == 0);
  const std::size_t n = in.size() / element_size;
  switch (element_size) {
    case 2:
      return shuffle_fixed<2>(in.data(), n, out.data());
    case 4:
      return shuffle_fixed<4>(in.data(), n, out.data());
    case 8:
      return shuffle_fixed<8>(in.data(), n, out.data());
    default:
      break;
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < element_size; ++j) out[j * n + i] = in[i * element_size + j];
  }
}

void unshuffle_bytes(std::span<const std::byte> planes, std::size_t n_elements, std::size_t element_size,
                     std::size_t first, std::span<std::byte> out) {
  SCTAB_ASSERT(element_size > 0 && out.size() % element_size == 0 && planes.size() >= n_elements * element_size);
  const std::size_t n = out.size() / element_size;
  SCTAB_ASSERT(first <= n_elements && n <= n_elements - first);
  const std::byte* const in = planes.data() + first;
  switch (element_size) {
    case 2:
      return unshuffle_fixed<2>(in, n_elements, n, out.data());
    case 4:
      return unshuffle_fixed<4>(in, n_elements, n, out.data());
    case 8:
      return unshuffle_fixed<8>(in, n_elements, n, out.data());
    default:
      break;
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < element_size; ++j) out[i * element_size + j] = in[j * n_elements + i];
  }
}

ChunkCompressor::ChunkCompressor(int gzip_level) : compressor_(libdeflate_alloc_compressor(gzip_level)) {
  SCTAB_ASSERT(gzip_level >= 1 && gzip_level <= 9);
  if (!compressor_) throw std::bad_alloc();
}

void ChunkCompressor::Free::operator()(libdeflate_compressor* compressor) const {
  libdeflate_free_compressor(compressor);
}

std::vector<std::byte> ChunkCompressor::compress(std::span<const std::byte> chunk, std::size_t element_size) {
  shuffled_.resize(chunk.size());
  shuffle_bytes(chunk, element_size, shuffled_);
  std::vector<std::byte> out(libdeflate_zlib_compress_bound(compressor_.get(), chunk.size()));
  const std::size_t n =
      libdeflate_zlib_compress(compressor_.get(), shuffled_.data(), shuffled_.size(), out.data(), out.size());
  SCTAB_ASSERT(n > 0);
  out.resize(n);
  return out;
}

ZlibDecompressor::ZlibDecompressor() : decompressor_(libdeflate_alloc_decompressor()) {
  if (!decompressor_) throw std::bad_alloc();
}

void ZlibDecompressor::Free::operator()(libdeflate_decompressor* decompressor) const {
  libdeflate_free_decompressor(decompressor);
}

bool ZlibDecompressor::decompress(std::span<const std::byte> in, std::span<std::byte> out) {
  return libdeflate_zlib_decompress(decompressor_.get(), in.data(), in.size(), out.data(), out.size(), nullptr) ==
         LIBDEFLATE_SUCCESS;
}

// Expanding breaks off where a match does not fit any more: all that begins before the room for the last match fits.
bool ZlibDecompressor::decompress_before_zeros(std::span<const std::byte> in, std::size_t n_zeros,
                                               std::span<std::byte> out) {
  if (in.size() < 4 || out.size() < kRoomForLastMatch || n_zeros <= kRoomForLastMatch) return false;
  const auto wanted = out.first(out.size() - kRoomForLastMatch);
  return libdeflate_zlib_decompress(decompressor_.get(), in.data(), in.size(), out.data(), out.size(), nullptr) ==
             LIBDEFLATE_INSUFFICIENT_SPACE &&
         checksum_with_zeros_after(wanted, n_zeros) == stored_checksum(in);
}

}  // namespace sctab::h5ad
