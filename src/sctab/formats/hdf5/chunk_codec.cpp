#include "sctab/formats/hdf5/chunk_codec.hpp"

#include <hdf5.h>
#include <libdeflate.h>
#include <lzf.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>

#include "sctab/core/error.hpp"

namespace sctab::hdf5 {

std::optional<std::size_t> expand_lzf(std::span<const std::byte> in, std::span<std::byte> out) {
  constexpr std::size_t kMost = std::numeric_limits<unsigned>::max();  // liblzf counts in unsigned
  if (in.empty()) return 0;                                            // where liblzf would read a byte
  if (in.size() > kMost || out.size() > kMost) return std::nullopt;
  const unsigned written =
      ::lzf_decompress(in.data(), static_cast<unsigned>(in.size()), out.data(), static_cast<unsigned>(out.size()));
  return written == 0 ? std::nullopt : std::optional<std::size_t>(written);
}
namespace {

/// Calls move(size) with the size of an element, as a constant where it is a usual one, so that loops over it unroll.
template <typename Move>
void with_element_size(std::size_t size, Move move) {
  switch (size) {
    case 2:
      return move(std::integral_constant<std::size_t, 2>());
    case 4:
      return move(std::integral_constant<std::size_t, 4>());
    case 8:
      return move(std::integral_constant<std::size_t, 8>());
    default:
      return move(size);
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

/// HDF5's filter call. values[2]: bytes of a whole chunk, as h5py stores it. Returns 0 on failure.
std::size_t lzf_filter(unsigned flags, std::size_t n_values, const unsigned values[], std::size_t n_bytes,
                       std::size_t* buffer_size, void** buffer) {
  if ((flags & H5Z_FLAG_REVERSE) == 0) return 0;
  // h5py says how much a chunk holds; libhdf5 would read past the end of one that expands to less.
  const std::size_t known = n_values >= 3 ? values[2] : 0;
  // No LZF item makes more than 264 bytes out of 3.
  const std::size_t most = n_bytes * 88 + 264;
  if (known > most) return 0;
  const std::size_t capacity = known > 0 ? known : most;
  void* out = std::malloc(capacity);
  if (out == nullptr) return 0;
  const auto written =
      expand_lzf({static_cast<const std::byte*>(*buffer), n_bytes}, {static_cast<std::byte*>(out), capacity});
  if (!written || *written == 0 || (known > 0 && *written != known)) {
    std::free(out);
    return 0;
  }
  std::free(*buffer);
  *buffer = out;
  *buffer_size = capacity;
  return *written;
}

}  // namespace

void shuffle_bytes(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out) {
  SCTAB_ASSERT(in.size() == out.size() && element_size > 0 && in.size() % element_size == 0);
  const std::size_t n = in.size() / element_size;
  with_element_size(element_size, [n, from = in.data(), to = out.data()](auto size) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < size; ++j) to[j * n + i] = from[i * size + j];
    }
  });
}

void unshuffle_bytes(std::span<const std::byte> planes, std::size_t n_elements, std::size_t element_size,
                     std::size_t first, std::span<std::byte> out) {
  SCTAB_ASSERT(element_size > 0 && out.size() % element_size == 0 && planes.size() >= n_elements * element_size);
  const std::size_t n = out.size() / element_size;
  SCTAB_ASSERT(first <= n_elements && n <= n_elements - first);
  // Bytes one by one: GCC makes of it what is 3 times (4 bytes) and 6 times (8 bytes) as fast as putting numbers
  // together by shifts.
  with_element_size(element_size, [n, n_elements, in = planes.data() + first, to = out.data()](auto size) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < size; ++j) to[i * size + j] = in[j * n_elements + i];
    }
  });
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

bool has_fletcher32(std::span<const std::byte> bytes) {
  if (bytes.size() < 4) return false;
  const auto content = bytes.first(bytes.size() - 4);
  // Of words with the higher byte first; modulo 65,535, but for a sum of 0 that stays 65,535 where it was not all
  // zeros.
  std::uint32_t first = 0, second = 0;
  const auto fold = [](std::uint32_t sum) { return (sum & 0xffffU) + (sum >> 16U); };
  constexpr std::size_t kSafeWords = 360;  // before the sums outgrow 32 bits
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = std::min(content.size(), at + 2 * kSafeWords);
    for (; at < end; at += 2) {
      const auto high = std::to_integer<std::uint32_t>(content[at]);
      const auto low = at + 1 < content.size() ? std::to_integer<std::uint32_t>(content[at + 1]) : 0U;
      first += high << 8U | low;
      second += first;
    }
    first = fold(first);
    second = fold(second);
  }
  first = fold(first);
  second = fold(second);
  const std::uint32_t sum = second << 16U | first;
  // HDF5 before 1.6.3 swapped the bytes of each half.
  const std::uint32_t swapped = (sum & 0x00ff00ffU) << 8U | (sum & 0xff00ff00U) >> 8U;
  std::uint32_t stored = 0;
  std::memcpy(&stored, bytes.last(4).data(), sizeof(stored));
  return stored == sum || stored == swapped;
}

void register_lzf_filter() {
  static const H5Z_class2_t filter = {H5Z_CLASS_T_VERS,  kLzfFilter, 0,       1,
                                      "lzf (read only)", nullptr,    nullptr, lzf_filter};
  (void)H5Zregister(&filter);
}

}  // namespace sctab::hdf5
