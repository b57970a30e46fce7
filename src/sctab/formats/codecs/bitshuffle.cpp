#include "sctab/formats/codecs/bitshuffle.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "sctab/core/error.hpp"
#include "sctab/formats/codecs/shuffle.hpp"
#include "sctab/formats/codecs/stored_number.hpp"

namespace sctab::codecs {
namespace {

constexpr std::size_t kGroup = 8;  // elements that a byte of a plane has bits of

/// Transposes 8 × 8 bits, a byte a row: three rounds that swap ever larger squares across the diagonal.
std::uint64_t transposed(std::uint64_t bits) {
  const auto swap = [&bits](unsigned distance, std::uint64_t mask) {
    const std::uint64_t difference = (bits ^ (bits >> distance)) & mask;
    bits ^= difference ^ (difference << distance);
  };
  swap(7, 0x00AA00AA00AA00AAU);
  swap(14, 0x0000CCCC0000CCCCU);
  swap(28, 0x00000000F0F0F0F0U);
  return bits;
}

/// n / 8 bytes from each of 8 planes of bits to one plane of n bytes.
void gather_bits(const std::byte* bits, std::size_t n, std::byte* plane) {
  const std::size_t stride = n / kGroup;
  for (std::size_t i = 0; i < stride; ++i) {
    std::uint64_t rows = 0;
    for (std::size_t k = 0; k < kGroup; ++k) {
      rows |= std::to_integer<std::uint64_t>(bits[k * stride + i]) << (8 * k);
    }
    const std::uint64_t columns = transposed(rows);
    for (std::size_t b = 0; b < kGroup; ++b) plane[kGroup * i + b] = static_cast<std::byte>(columns >> (8 * b));
  }
}

/// What bitshuffle takes where it is not told.
std::size_t default_block_elements(std::size_t element_size) {
  constexpr std::size_t kTargetBytes = 8192, kLeast = 128;
  return std::max(kTargetBytes / element_size / kGroup * kGroup, kLeast);
}

}  // namespace

void unshuffle_bits(std::span<const std::byte> in, std::size_t element_size, std::vector<std::byte>& planes,
                    std::span<std::byte> out) {
  SCTAB_ASSERT(in.size() == out.size() && element_size > 0 && in.size() % (kGroup * element_size) == 0);
  const std::size_t n = in.size() / element_size;
  if (n == 0) return;
  std::byte* bytes = out.data();
  if (element_size > 1) {
    planes.resize(std::max(planes.size(), in.size()));
    bytes = planes.data();
  }
  for (std::size_t j = 0; j < element_size; ++j) gather_bits(in.data() + j * n, n, bytes + j * n);
  if (element_size > 1) unshuffle_bytes(std::span(planes).first(in.size()), n, element_size, 0, out);
}

Written expand_bitshuffle(const Bitshuffle& form, std::span<const std::byte> in, std::span<std::byte> out,
                          BlockDecoders& decoders, BitshuffleScratch& scratch) {
  const std::size_t size = form.element_size;
  if (size == 0) return std::nullopt;
  Stream stream(in);
  const bool is_compressed = form.inner != Bitshuffle::Inner::kNone;
  std::uint64_t n_bytes = in.size();
  std::size_t block = form.block_elements;
  if (is_compressed) {
    std::uint32_t block_bytes = 0;
    if (!stream.take(n_bytes, std::endian::big) || !stream.take(block_bytes, std::endian::big)) return std::nullopt;
    block = block_bytes / size;
  }
  if (block == 0) block = default_block_elements(size);
  if (n_bytes > out.size() || n_bytes % size != 0 || block % kGroup != 0) return std::nullopt;

  // Whole blocks, a shorter one, and fewer than 8 elements that stay as they are.
  for (std::size_t left = n_bytes / size; left > 0;) {
    const std::size_t n = std::min(block, left / kGroup * kGroup);
    const std::size_t n_block_bytes = (n > 0 ? n : left) * size;
    const auto target = out.subspan(n_bytes - left * size, n_block_bytes);
    std::span<const std::byte> stored;
    std::uint32_t n_stored = 0;
    const bool is_packed = is_compressed && n > 0;
    if (is_packed && !stream.take(n_stored, std::endian::big)) return std::nullopt;
    if (!stream.take(stored, is_packed ? n_stored : n_block_bytes)) return std::nullopt;
    if (is_packed) {
      scratch.block.resize(std::max(scratch.block.size(), n_block_bytes));
      const auto room = std::span(scratch.block).first(n_block_bytes);
      const Written written =
          form.inner == Bitshuffle::Inner::kLz4 ? BlockDecoders::lz4(stored, room) : decoders.zstd(stored, room);
      if (written != n_block_bytes) return std::nullopt;
      stored = room;
    }
    if (n > 0) {
      unshuffle_bits(stored, size, scratch.planes, target);
    } else {
      std::ranges::copy(stored, target.begin());
    }
    left -= n > 0 ? n : left;
  }
  return n_bytes;
}

}  // namespace sctab::codecs
