#include "sctab/formats/codecs/blosc.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>

#include "sctab/formats/codecs/bitshuffle.hpp"
#include "sctab/formats/codecs/blosclz.hpp"
#include "sctab/formats/codecs/shuffle.hpp"
#include "sctab/formats/codecs/stored_number.hpp"

namespace sctab::codecs {
namespace {

// As c-blosc's README_CHUNK_FORMAT describes it.
constexpr std::size_t kHeaderBytes = 16, kStartBytes = 4;
constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kShuffled = 1, kCopied = 2, kBitShuffled = 4, kReserved = 8, kUnsplit = 16;
enum class Inner : std::uint8_t { kBloscLz = 0, kLz4 = 1, kSnappy = 2, kZlib = 3, kZstd = 4 };

// A block is split into a stream for each byte of an element where elements are this small and streams this long.
constexpr std::size_t kMostSplits = 16, kLeastStreamBytes = 128;

struct BloscHeader {
  std::uint8_t flags = 0;
  std::size_t element_size = 0;
  std::size_t n_bytes = 0;      // expanded
  std::size_t block_bytes = 0;  // expanded
  std::size_t n_stored = 0;     // with this header

  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  [[nodiscard]] Inner inner() const { return static_cast<Inner>(flags >> 5U); }
  [[nodiscard]] std::size_t n_blocks() const { return (n_bytes + block_bytes - 1) / block_bytes; }
};

/// Nothing where no buffer of Blosc 1 begins so.
std::optional<BloscHeader> read_header(std::span<const std::byte> in, std::size_t most_bytes) {
  Stream stream(in);
  std::uint8_t version = 0, inner_version = 0, element_size = 0;
  std::uint32_t n_bytes = 0, block_bytes = 0, n_stored = 0;
  BloscHeader header;
  constexpr auto kOrder = std::endian::little;
  const bool is_whole = stream.take(version, kOrder) && stream.take(inner_version, kOrder) &&
                        stream.take(header.flags, kOrder) && stream.take(element_size, kOrder) &&
                        stream.take(n_bytes, kOrder) && stream.take(block_bytes, kOrder) &&
                        stream.take(n_stored, kOrder);
  if (!is_whole || version != kVersion || header.has(kReserved) || element_size == 0) return std::nullopt;
  if (n_bytes > most_bytes || n_stored > in.size() || n_stored < kHeaderBytes) return std::nullopt;
  if (n_bytes > 0 && block_bytes == 0) return std::nullopt;
  header.element_size = element_size;
  header.n_bytes = n_bytes;
  header.block_bytes = block_bytes;
  header.n_stored = n_stored;
  return header;
}

Written expand_stream(Inner inner, std::span<const std::byte> in, std::span<std::byte> out, BlockDecoders& decoders) {
  switch (inner) {
    case Inner::kBloscLz:
      return expand_blosclz(in, out);
    case Inner::kLz4:
      return BlockDecoders::lz4(in, out);
    case Inner::kSnappy:
      return BlockDecoders::snappy(in, out);
    case Inner::kZlib:
      return decoders.zlib(in, out);
    case Inner::kZstd:
      return decoders.zstd(in, out);
  }
  return std::nullopt;
}

/// The streams of a block, one after the other, each after its size; those that would not shrink are as they were.
bool expand_streams(const BloscHeader& header, Stream stream, std::span<std::byte> out, BlockDecoders& decoders) {
  const bool is_last = out.size() < header.block_bytes;
  const bool is_split = !header.has(kUnsplit) && header.element_size <= kMostSplits &&
                        out.size() / header.element_size >= kLeastStreamBytes && !is_last;
  const std::size_t n_streams = is_split ? header.element_size : 1;
  if (out.size() % n_streams != 0) return false;
  const std::size_t n_each = out.size() / n_streams;
  for (std::size_t i = 0; i < n_streams; ++i) {
    std::uint32_t n_stored = 0;
    std::span<const std::byte> stored;
    if (!stream.take(n_stored, std::endian::little) || !stream.take(stored, n_stored)) return false;
    const auto target = out.subspan(i * n_each, n_each);
    if (n_stored == n_each) {
      std::ranges::copy(stored, target.begin());
    } else if (expand_stream(header.inner(), stored, target, decoders) != n_each) {
      return false;
    }
  }
  return true;
}

/// Bytes behind the last whole element stay as they are; bits do where the elements are no multiple of 8.
void undo_shuffles(const BloscHeader& header, std::span<const std::byte> in, std::vector<std::byte>& planes,
                   std::span<std::byte> out) {
  const std::size_t size = header.element_size, n = in.size() / size;
  std::size_t n_moved = n * size;
  if (header.has(kShuffled) && size > 1) {
    if (n > 0) unshuffle_bytes(in, n, size, 0, out.first(n_moved));
  } else if (n % 8 == 0) {
    unshuffle_bits(in.first(n_moved), size, planes, out.first(n_moved));
  } else {
    n_moved = 0;
  }
  std::ranges::copy(in.subspan(n_moved), out.begin() + static_cast<std::ptrdiff_t>(n_moved));
}

}  // namespace

Written expand_blosc(std::span<const std::byte> in, std::span<std::byte> out, BlockDecoders& decoders,
                     BloscScratch& scratch) {
  const auto header = read_header(in, out.size());
  if (!header) return std::nullopt;
  in = in.first(header->n_stored);
  out = out.first(header->n_bytes);
  if (header->n_bytes == 0) return 0;
  if (header->has(kCopied)) {
    if (in.size() != kHeaderBytes + out.size()) return std::nullopt;
    std::ranges::copy(in.subspan(kHeaderBytes), out.begin());
    return out.size();
  }
  const std::size_t n_blocks = header->n_blocks();
  if (n_blocks > (in.size() - kHeaderBytes) / kStartBytes) return std::nullopt;
  const bool is_shuffled = (header->has(kShuffled) && header->element_size > 1) || header->has(kBitShuffled);
  if (is_shuffled) scratch.block.resize(std::max(scratch.block.size(), std::min(header->block_bytes, out.size())));
  for (std::size_t i = 0; i < n_blocks; ++i) {
    const auto start = number_at<std::uint32_t>(in.subspan(kHeaderBytes + i * kStartBytes), std::endian::little);
    if (start > in.size()) return std::nullopt;
    const std::size_t begin = i * header->block_bytes;
    const auto target = out.subspan(begin, std::min(header->block_bytes, out.size() - begin));
    const auto block = is_shuffled ? std::span(scratch.block).first(target.size()) : target;
    if (!expand_streams(*header, Stream(in.subspan(start)), block, decoders)) return std::nullopt;
    if (is_shuffled) undo_shuffles(*header, block, scratch.planes, target);
  }
  return out.size();
}

}  // namespace sctab::codecs
