#include "sctab/store/shard_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/store/next_steps.hpp"
#include "sctab/store/plane_decoder.hpp"

namespace sctab::store {
namespace {

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

ShardReader::ShardReader(std::filesystem::path path, CellIndex n_cells, GeneIndex n_genes, ValueType values)
    : path_(std::move(path)), n_genes_(n_genes), values_(values), map_(read_shard_map(path_, n_cells, values)) {}

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

}  // namespace sctab::store
