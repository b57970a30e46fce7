#include "sctab/store/plane_decoder.hpp"
#include "sctab/store/next_steps.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sctab::store {
namespace {

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

}  // namespace

void PlaneDecoder::load(const RandomAccessFile& file, const Chunk& chunk) {
  compressed_.resize(static_cast<std::size_t>(chunk.bytes));
  file.read(chunk.address, compressed_);
}

// The two lower planes of integers of four bytes, whose upper ones nearly always are zero: to inflate those takes a
// tenth of a loader's time. Where they are not, the chunk must be inflated whole.
bool PlaneDecoder::inflate_lower_halves(const ChunkMap& map) {
  const std::int64_t size = 2 * map.chunk_elements;
  constexpr auto kRoom = static_cast<std::int64_t>(h5ad::ZlibDecompressor::kRoomForLastMatch);
  return zlib_.decompress_before_zeros(compressed_, static_cast<std::size_t>(size), first_of(planes_, size + kRoom));
}

void PlaneDecoder::inflate(const RandomAccessFile& file, const ChunkMap& map, const Chunk& chunk) {
  const auto planes = first_of(planes_, map.chunk_elements * map.element_bytes);
  if (zlib_.decompress(compressed_, planes)) return;
  throw core::InputError(
      {.file = file.path().string(),
       .key = map.dataset,
       .found = fmt::format(
           "the chunk at byte {} is damaged: it does not decompress to the {} bytes and checksum recorded for it",
           chunk.address, planes.size()),
       .next_step = kRestore});
}

template <typename T>
bool PlaneDecoder::read(const RandomAccessFile& file, const ChunkMap& map, std::int64_t begin, std::span<T> out) {
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
      if (lower_halves) fits &= upper_halves_are_zero(planes_.data(), chunk_elements, first, n);
    }
    h5ad::unshuffle_bytes(planes_, chunk_elements, sizeof(T), first, std::as_writable_bytes(out.first(n)));
    out = out.subspan(n);
    begin += static_cast<std::int64_t>(n);
  }
  return fits;
}

template bool PlaneDecoder::read(const RandomAccessFile&, const ChunkMap&, std::int64_t, std::span<std::uint16_t>);
template bool PlaneDecoder::read(const RandomAccessFile&, const ChunkMap&, std::int64_t, std::span<std::int32_t>);
template bool PlaneDecoder::read(const RandomAccessFile&, const ChunkMap&, std::int64_t, std::span<float>);

}  // namespace sctab::store
