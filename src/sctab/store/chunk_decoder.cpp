#include "sctab/store/chunk_decoder.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <bit>
#include <new>

namespace sctab::store {
namespace {

// planes: all lowest bytes of the chunk's elements, then all second ones …; elements are little-endian.
template <typename T>
void unshuffle(const std::byte* planes, std::size_t chunk_elements, std::size_t first, std::span<T> out) {
  const std::byte* const low = planes + first;
  const std::byte* const high = low + chunk_elements;
  if constexpr (sizeof(T) == 2) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<T>(std::to_integer<unsigned>(low[i]) | std::to_integer<unsigned>(high[i]) << 8U);
    }
  } else {
    static_assert(sizeof(T) == 4);
    const std::byte* const third = high + chunk_elements;
    const std::byte* const fourth = third + chunk_elements;
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = std::bit_cast<T>(std::to_integer<std::uint32_t>(low[i]) | std::to_integer<std::uint32_t>(high[i]) << 8U |
                                std::to_integer<std::uint32_t>(third[i]) << 16U |
                                std::to_integer<std::uint32_t>(fourth[i]) << 24U);
    }
  }
}

// Whether the upper halves of n elements of four bytes are zero.
bool upper_halves_are_zero(const std::byte* planes, std::size_t chunk_elements, std::size_t first, std::size_t n) {
  const std::byte* const third = planes + 2 * chunk_elements + first;
  const std::byte* const fourth = third + chunk_elements;
  std::byte any{};
  for (std::size_t i = 0; i < n; ++i) any |= third[i] | fourth[i];
  return any == std::byte{};
}

// The first `size` bytes of the buffer, after growing it where it is too small.
std::span<std::byte> first_of(std::vector<std::byte>& buffer, std::int64_t size) {
  if (std::cmp_less(buffer.size(), size)) buffer.resize(static_cast<std::size_t>(size));
  return std::span(buffer).first(static_cast<std::size_t>(size));
}

// Adler-32 of bytes and then n zeros (RFC 1950): zeros leave its first sum as it is, which is then added n times to the
// second.
std::uint32_t checksum_with_zeros_after(std::span<const std::byte> bytes, std::int64_t n) {
  constexpr std::uint64_t kBase = 65'521;
  const std::uint32_t sums = libdeflate_adler32(1, bytes.data(), bytes.size());
  const std::uint64_t first = sums & 0xFFFFU;
  const std::uint64_t second = ((sums >> 16U) + static_cast<std::uint64_t>(n) % kBase * first) % kBase;
  return static_cast<std::uint32_t>(second << 16U | first);
}

// The checksum at the end of a zlib stream, highest byte first.
std::uint32_t stored_checksum(std::span<const std::byte> stream) {
  std::uint32_t sums = 0;
  for (const std::byte byte : stream.last(4)) sums = sums << 8U | std::to_integer<std::uint32_t>(byte);
  return sums;
}

}  // namespace

ChunkDecoder::ChunkDecoder() : decompressor_(libdeflate_alloc_decompressor()) {
  if (!decompressor_) throw std::bad_alloc();
}

void ChunkDecoder::Free::operator()(libdeflate_decompressor* decompressor) const {
  libdeflate_free_decompressor(decompressor);
}

void ChunkDecoder::load(const RandomAccessFile& file, const Chunk& chunk) {
  compressed_.resize(static_cast<std::size_t>(chunk.bytes));
  file.read(chunk.address, compressed_);
}

// The two lower planes of integers of four bytes, whose upper ones nearly always are zero: to inflate those takes a
// tenth of a loader's time. There is room for all that begins in the lower planes, and inflating breaks off in the
// upper ones. Whether all is well the stream's checksum tells: it is that of the lower planes and then zeros, or this
// returns false, and the chunk must be inflated whole.
bool ChunkDecoder::inflate_lower_halves(const ChunkMap& map) {
  constexpr std::int64_t kLongestMatch = 258;
  const std::int64_t size = 2 * map.chunk_elements;
  if (compressed_.size() < 4 || size <= kLongestMatch) return false;
  const auto room = first_of(shuffled_, size + kLongestMatch);
  const auto result = libdeflate_zlib_decompress(decompressor_.get(), compressed_.data(), compressed_.size(),
                                                 room.data(), room.size(), nullptr);
  return result == LIBDEFLATE_INSUFFICIENT_SPACE &&
         checksum_with_zeros_after(room.first(static_cast<std::size_t>(size)), size) == stored_checksum(compressed_);
}

void ChunkDecoder::inflate(const RandomAccessFile& file, const ChunkMap& map, const Chunk& chunk) {
  const auto planes = first_of(shuffled_, map.chunk_elements * map.element_bytes);
  if (libdeflate_zlib_decompress(decompressor_.get(), compressed_.data(), compressed_.size(), planes.data(),
                                 planes.size(), nullptr) == LIBDEFLATE_SUCCESS) {
    return;
  }
  throw core::InputError(
      fmt::format("{}: damaged: the chunk of {} at byte {} does not decompress to the {} bytes and checksum that it "
                  "should; restore the file or build the store again",
                  file.path().string(), map.dataset, chunk.address, planes.size()));
}

template <typename T>
bool ChunkDecoder::read(const RandomAccessFile& file, const ChunkMap& map, std::int64_t begin, std::span<T> out) {
  SCTAB_ASSERT(map.element_bytes == sizeof(T) || (map.element_bytes == 4 && std::is_same_v<T, std::uint16_t>));
  SCTAB_ASSERT(begin >= 0 && std::cmp_less_equal(out.size(), map.n_elements - begin));
  const auto chunk_elements = static_cast<std::size_t>(map.chunk_elements);
  bool fits = true;
  while (!out.empty()) {
    const Chunk& chunk = map.chunks[static_cast<std::size_t>(begin / map.chunk_elements)];
    const auto first = static_cast<std::size_t>(begin % map.chunk_elements);
    const std::size_t n = std::min(out.size(), chunk_elements - first);
    load(file, chunk);
    const bool lower_halves = map.element_bytes == 4 && sizeof(T) == 2;
    if (!lower_halves || !inflate_lower_halves(map)) {
      inflate(file, map, chunk);
      if (lower_halves) fits &= upper_halves_are_zero(shuffled_.data(), chunk_elements, first, n);
    }
    unshuffle(shuffled_.data(), chunk_elements, first, out.first(n));
    out = out.subspan(n);
    begin += static_cast<std::int64_t>(n);
  }
  return fits;
}

template bool ChunkDecoder::read(const RandomAccessFile&, const ChunkMap&, std::int64_t, std::span<std::uint16_t>);
template bool ChunkDecoder::read(const RandomAccessFile&, const ChunkMap&, std::int64_t, std::span<std::int32_t>);
template bool ChunkDecoder::read(const RandomAccessFile&, const ChunkMap&, std::int64_t, std::span<float>);

}  // namespace sctab::store
