#include "sctab/store/shard_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sctab/core/interrupt.hpp"
#include "sctab/formats/codecs/shuffle.hpp"
#include "sctab/formats/hdf5/chunk_codec.hpp"
#include "sctab/store/chunk_map.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/random_access_file.hpp"

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

/// Reads a shard's chunks, which are planes of bytes (HDF5's shuffle) under deflate, and inflates no more planes than
/// are needed. Deflate's checksum finds damage. One for each thread.
class PlaneDecoder {
 public:
  /// Elements [begin, begin + out.size()) of a dataset of T: uint16, float or int32. Integers of four bytes may also be
  /// read as uint16: returns whether all of them are under 65,536 (those that are not lose their upper half).
  /// Throws InputError naming the file and dataset on damage.
  template <typename T>
  [[nodiscard]] bool read(const RandomAccessFile& file, const ChunkMap& map, std::int64_t begin, std::span<T> out);

 private:
  void load(const RandomAccessFile& file, const Chunk& chunk);
  bool inflate_lower_halves(const ChunkMap& map);
  void inflate(const RandomAccessFile& file, const ChunkMap& map, const Chunk& chunk);

  hdf5::ZlibDecompressor zlib_;
  std::vector<std::byte> compressed_;
  std::vector<std::byte> planes_;  // element_bytes planes of chunk_elements bytes each
};

void PlaneDecoder::load(const RandomAccessFile& file, const Chunk& chunk) {
  compressed_.resize(static_cast<std::size_t>(chunk.bytes));
  file.read(chunk.address, compressed_);
}

// The two lower planes of integers of four bytes, whose upper ones nearly always are zero: to inflate those takes a
// tenth of a loader's time. Where they are not, the chunk must be inflated whole.
bool PlaneDecoder::inflate_lower_halves(const ChunkMap& map) {
  const std::int64_t size = 2 * map.chunk_elements;
  constexpr auto kRoom = static_cast<std::int64_t>(hdf5::ZlibDecompressor::kRoomForLastMatch);
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
    codecs::unshuffle_bytes(planes_, chunk_elements, sizeof(T), first, std::as_writable_bytes(out.first(n)));
    out = out.subspan(n);
    begin += static_cast<std::int64_t>(n);
  }
  return fits;
}

// Values of a part, some 250 cells: enough to open a file for, little enough that no thread waits long for another.
constexpr std::int64_t kValuesPerPart = 1 << 19;

// Blocks of a store differ by some percent: a vector left to itself would double at the first that is larger than
// those before.
template <typename T>
void make_room_for(std::vector<T>& buffer, std::int64_t n) {
  const auto needed = static_cast<std::size_t>(n);
  if (buffer.capacity() < needed) buffer.reserve(needed + needed / 16);
  if (buffer.size() < needed) buffer.resize(needed);
}

template <typename T>
std::span<T> place(std::vector<T>& buffer, const ShardPart& part) {
  return std::span(buffer).subspan(static_cast<std::size_t>(part.to), static_cast<std::size_t>(part.end - part.begin));
}

// Asks the system for all chunks of elements [begin, end) at once: they lie close together in the file.
void read_ahead(const RandomAccessFile& file, const ChunkMap& map, std::int64_t begin, std::int64_t end) {
  const Chunk& first = map.chunks[static_cast<std::size_t>(begin / map.chunk_elements)];
  const Chunk& last = map.chunks[static_cast<std::size_t>((end - 1) / map.chunk_elements)];
  if (last.address >= first.address) file.will_read(first.address, last.address + last.bytes - first.address);
}

}  // namespace

void RowBlock::make_room() {
  const std::int64_t n = indptr.back();
  short_genes ? make_room_for(short_indices, n) : make_room_for(indices, n);
  values == ValueType::kUint16 ? make_room_for(integers, n) : make_room_for(reals, n);
}

ShardReader::ShardReader(const Shard& shard, const std::filesystem::path& directory, GeneIndex n_genes,
                         ValueType values)
    : path_(directory / shard.file),
      identity_(shard.identity),
      n_genes_(n_genes),
      values_(values),
      map_(read_shard_map(path_, shard.n_cells, values)) {}

std::vector<ShardPart> ShardReader::lay_out(CellIndex begin, CellIndex end, RowBlock& block) const {
  SCTAB_ASSERT(0 <= begin && begin <= end && end <= n_cells());
  const auto rows =
      std::span(map_.indptr).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin) + 1);
  const std::int64_t first = rows.front(), last = rows.back();
  const std::int64_t used = block.indptr.back();
  block.values = values_;
  block.short_genes = n_genes_ <= (1 << 16);
  for (const std::int64_t offset : rows.subspan(1)) block.indptr.push_back(used + offset - first);

  const std::int64_t chunk = map_.indices.chunk_elements;
  const std::int64_t stride = std::max<std::int64_t>(kValuesPerPart / chunk, 1) * chunk;
  std::vector<ShardPart> parts;
  for (std::int64_t at = first; at < last; at = parts.back().end) {
    parts.push_back(
        {at, std::min(last, (at / chunk) * chunk + stride), used + at - first, at == first ? last - first : 0});
  }
  return parts;
}

void ShardReader::read(const ShardPart& part, RowBlock& block) const {
  const RandomAccessFile file(path_);
  file.require_same(identity_);
  if (part.ahead > 0) {
    read_ahead(file, map_.indices, part.begin, part.begin + part.ahead);
    read_ahead(file, map_.data, part.begin, part.begin + part.ahead);
  }
  static thread_local PlaneDecoder decoder;  // its buffers are large enough to be worth keeping
  const bool fits = block.short_genes ? decoder.read(file, map_.indices, part.begin, place(block.short_indices, part))
                                      : decoder.read(file, map_.indices, part.begin, place(block.indices, part));
  if (!fits) {
    std::vector<GeneIndex> genes(static_cast<std::size_t>(part.end - part.begin));
    (void)decoder.read(file, map_.indices, part.begin, std::span(genes));
    const auto wrong =
        std::find_if(genes.begin(), genes.end(), [](GeneIndex gene) { return gene < 0 || gene >> 16 != 0; });
    const auto after = std::upper_bound(map_.indptr.begin(), map_.indptr.end(), part.begin + (wrong - genes.begin()));
    refuse_genes(after - map_.indptr.begin() - 1);
  }
  (void)(values_ == ValueType::kUint16 ? decoder.read(file, map_.data, part.begin, place(block.integers, part))
                                       : decoder.read(file, map_.data, part.begin, place(block.reals, part)));
}

void ShardReader::refuse_genes(CellIndex cell) const {
  throw core::InputError({.file = path_.string(),
                          .cell = std::to_string(cell),
                          .found = fmt::format("its genes are not ascending numbers below {}", n_genes_),
                          .next_step = kRestore});
}

SplitReader::SplitReader(const Store& store, Split split) {
  for (const Shard& shard : store.shards(split)) {
    core::check_interrupt();
    shards_.emplace_back(shard, store.directory(), store.genes().size(), store.values());
    begins_.push_back(begins_.back() + shard.n_cells);
  }
}

std::size_t SplitReader::shard_of(CellIndex row) const {
  return static_cast<std::size_t>(std::upper_bound(begins_.begin(), begins_.end(), row) - begins_.begin()) - 1;
}

std::vector<SplitPart> SplitReader::lay_out(RowRange rows, RowBlock& block) const {
  block.clear();
  std::vector<SplitPart> parts;
  std::size_t shard = shard_of(rows.begin);
  for (CellIndex row = rows.begin; row < rows.end; ++shard) {
    const CellIndex end = std::min(rows.end, begins_[shard + 1]);
    for (const ShardPart& part : shards_[shard].lay_out(row - begins_[shard], end - begins_[shard], block)) {
      parts.push_back({shard, part});
    }
    row = end;
  }
  block.make_room();
  return parts;
}

void SplitReader::refuse_genes(CellIndex row) const {
  const std::size_t shard = shard_of(row);
  shards_[shard].refuse_genes(row - begins_[shard]);
}

}  // namespace sctab::store
