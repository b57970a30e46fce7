#include "sctab/store/shard_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/store/chunk_decoder.hpp"

namespace sctab::store {
namespace {

// The part of `buffer` from `used` on that holds n elements, after growing it where it is too small. Blocks of a store
// differ by some percent: a vector left to itself would double at the first that is larger than those before.
template <typename T>
std::span<T> take(std::vector<T>& buffer, std::int64_t used, std::int64_t n) {
  const auto needed = static_cast<std::size_t>(used + n);
  if (buffer.capacity() < needed) buffer.reserve(needed + needed / 16);
  if (buffer.size() < needed) buffer.resize(needed);
  return std::span(buffer).subspan(static_cast<std::size_t>(used), static_cast<std::size_t>(n));
}

// Asks the system for all chunks of elements [begin, end) at once: they lie close together in the file.
void read_ahead(const RandomAccessFile& file, const ChunkMap& map, std::int64_t begin, std::int64_t end) {
  const Chunk& first = map.chunks[static_cast<std::size_t>(begin / map.chunk_elements)];
  const Chunk& last = map.chunks[static_cast<std::size_t>((end - 1) / map.chunk_elements)];
  if (last.address >= first.address) file.will_read(first.address, last.address + last.bytes - first.address);
}

}  // namespace

ShardReader::ShardReader(std::filesystem::path path, CellIndex n_cells, GeneIndex n_genes, ValueType values)
    : path_(std::move(path)), n_genes_(n_genes), values_(values), map_(read_shard_map(path_, n_cells, values)) {}

void ShardReader::read(CellIndex begin, CellIndex end, RowBlock& block) const {
  SCTAB_ASSERT(0 <= begin && begin <= end && end <= n_cells());
  const auto rows =
      std::span(map_.indptr).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin) + 1);
  const std::int64_t first = rows.front();
  const std::int64_t n = rows.back() - first;
  const std::int64_t used = block.indptr.back();
  SCTAB_ASSERT(used == 0 || block.values == values_);
  block.values = values_;
  for (const std::int64_t offset : rows.subspan(1)) block.indptr.push_back(used + offset - first);
  if (n == 0) return;

  const RandomAccessFile file(path_);
  read_ahead(file, map_.indices, first, first + n);
  read_ahead(file, map_.data, first, first + n);
  static thread_local ChunkDecoder decoder;  // its buffers are large enough to be worth keeping
  const std::span<GeneIndex> indices = take(block.indices, used, n);
  decoder.read(file, map_.indices, first, indices);
  check_genes(begin, rows, indices.data());
  if (values_ == ValueType::kUint16) {
    decoder.read(file, map_.data, first, take(block.integers, used, n));
  } else {
    decoder.read(file, map_.data, first, take(block.reals, used, n));
  }
}

void ShardReader::check_genes(CellIndex begin, std::span<const std::int64_t> indptr, const GeneIndex* indices) const {
  for (std::size_t row = 0; row + 1 < indptr.size(); ++row) {
    const GeneIndex* const genes = indices + (indptr[row] - indptr.front());
    const std::int64_t n = indptr[row + 1] - indptr[row];
    if (n == 0) continue;
    bool wrong = genes[0] < 0 || genes[n - 1] >= n_genes_;
    for (std::int64_t i = 1; i < n; ++i) wrong |= genes[i] <= genes[i - 1];
    if (wrong) {
      throw core::InputError(fmt::format(
          "{}: damaged: the genes of cell {} (counted from 0) are not ascending numbers under {}; restore the file or "
          "build the store again",
          path_.string(), begin + static_cast<CellIndex>(row), n_genes_));
    }
  }
}

}  // namespace sctab::store
