#include "sctab/store/chunk_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

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

void grow(std::vector<std::byte>& buffer, std::int64_t size) {
  if (std::cmp_less(buffer.size(), size)) buffer.resize(static_cast<std::size_t>(size));
}

}  // namespace

void ChunkDecoder::inflate(const RandomAccessFile& file, const ChunkMap& map, const Chunk& chunk) {
  const std::int64_t size = map.chunk_elements * map.element_bytes;
  grow(compressed_, chunk.bytes);
  grow(shuffled_, size);
  const auto compressed = std::span(compressed_).first(static_cast<std::size_t>(chunk.bytes));
  file.read(chunk.address, compressed);
  if (!decompressor_.decompress(compressed, std::span(shuffled_).first(static_cast<std::size_t>(size)))) {
    throw core::InputError(
        fmt::format("{}: damaged: the chunk of {} at byte {} does not decompress to the {} bytes and checksum that it "
                    "should; restore the file or build the store again",
                    file.path().string(), map.dataset, chunk.address, size));
  }
}

template <typename T>
bool ChunkDecoder::read(const RandomAccessFile& file, const ChunkMap& map, std::int64_t begin, std::span<T> out) {
  SCTAB_ASSERT(map.element_bytes == sizeof(T) || (map.element_bytes == 4 && std::is_same_v<T, std::uint16_t>));
  SCTAB_ASSERT(begin >= 0 && std::cmp_less_equal(out.size(), map.n_elements - begin));
  const auto chunk_elements = static_cast<std::size_t>(map.chunk_elements);
  bool fits = true;
  while (!out.empty()) {
    const std::int64_t chunk = begin / map.chunk_elements;
    const auto first = static_cast<std::size_t>(begin % map.chunk_elements);
    const std::size_t n = std::min(out.size(), chunk_elements - first);
    inflate(file, map, map.chunks[static_cast<std::size_t>(chunk)]);
    unshuffle(shuffled_.data(), chunk_elements, first, out.first(n));
    if (map.element_bytes != sizeof(T)) fits &= upper_halves_are_zero(shuffled_.data(), chunk_elements, first, n);
    out = out.subspan(n);
    begin += static_cast<std::int64_t>(n);
  }
  return fits;
}

template bool ChunkDecoder::read(const RandomAccessFile&, const ChunkMap&, std::int64_t, std::span<std::uint16_t>);
template bool ChunkDecoder::read(const RandomAccessFile&, const ChunkMap&, std::int64_t, std::span<std::int32_t>);
template bool ChunkDecoder::read(const RandomAccessFile&, const ChunkMap&, std::int64_t, std::span<float>);

}  // namespace sctab::store
