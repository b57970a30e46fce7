#include "sctab/store/chunk_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace sctab::store {
namespace {

template <std::size_t kBytes>
using Unsigned = std::conditional_t<kBytes == 2, std::uint16_t, std::uint32_t>;

// planes: all lowest bytes of the chunk's elements, then all second ones …; elements are little-endian.
template <typename T>
void unshuffle(const std::byte* planes, std::size_t chunk_elements, std::size_t first, std::span<T> out) {
  static_assert(sizeof(T) == 2 || sizeof(T) == 4);
  const std::byte* const plane0 = planes + first;
  const std::byte* const plane1 = plane0 + chunk_elements;
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint32_t bits = std::to_integer<std::uint32_t>(plane0[i]) | std::to_integer<std::uint32_t>(plane1[i]) << 8U;
    if constexpr (sizeof(T) == 4) {
      bits |= std::to_integer<std::uint32_t>(plane1[i + chunk_elements]) << 16U |
              std::to_integer<std::uint32_t>(plane1[i + 2 * chunk_elements]) << 24U;
    }
    out[i] = std::bit_cast<T>(static_cast<Unsigned<sizeof(T)>>(bits));
  }
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
void ChunkDecoder::read(const RandomAccessFile& file, const ChunkMap& map, std::int64_t begin, std::span<T> out) {
  SCTAB_ASSERT(map.element_bytes == sizeof(T));
  SCTAB_ASSERT(begin >= 0 && std::cmp_less_equal(out.size(), map.n_elements - begin));
  while (!out.empty()) {
    const std::int64_t chunk = begin / map.chunk_elements;
    const std::int64_t first = begin % map.chunk_elements;
    const std::size_t n = std::min(out.size(), static_cast<std::size_t>(map.chunk_elements - first));
    inflate(file, map, map.chunks[static_cast<std::size_t>(chunk)]);
    unshuffle(shuffled_.data(), static_cast<std::size_t>(map.chunk_elements), static_cast<std::size_t>(first),
              out.first(n));
    out = out.subspan(n);
    begin += static_cast<std::int64_t>(n);
  }
}

template void ChunkDecoder::read(const RandomAccessFile&, const ChunkMap&, std::int64_t, std::span<std::uint16_t>);
template void ChunkDecoder::read(const RandomAccessFile&, const ChunkMap&, std::int64_t, std::span<std::int32_t>);
template void ChunkDecoder::read(const RandomAccessFile&, const ChunkMap&, std::int64_t, std::span<float>);

}  // namespace sctab::store
