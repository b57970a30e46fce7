#include "sctab/store/chunk_map.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "support/fixtures.hpp"

namespace sctab::store {
namespace {

constexpr CellIndex kCells = 100;

void write_shard_like(const std::filesystem::path& path) {
  h5ad::WriteOptions options;
  options.values = h5ad::ValueType::kUint16;
  options.chunk_elements = 1024;
  h5ad::Writer writer(path, 50, options);
  sparse::CsrMatrix cells;
  cells.clear(50);
  formats::Strings names, genes;
  std::vector<core::GeneIndex> indices;
  for (core::GeneIndex gene = 0; gene < 50; ++gene) {
    indices.push_back(gene);
    genes.push_back("gene" + std::to_string(gene));
  }
  for (CellIndex cell = 0; cell < kCells; ++cell) {
    cells.append_row(indices, std::vector<float>(50, static_cast<float>(cell + 1)));
    names.push_back("cell" + std::to_string(cell));
  }
  writer.append(cells.view());
  writer.write_obs(names, {});
  writer.write_var(genes, {});
  writer.close();
}

// What the file holds of a chunk: its bytes, the filters left out, the place of its first element, and where it lies.
std::string index_entry(const Chunk& chunk, std::uint64_t first_element) {
  std::string entry(32, '\0');
  std::memcpy(entry.data(), &chunk.bytes, 4);
  std::memcpy(entry.data() + 8, &first_element, 8);
  std::memcpy(entry.data() + 24, &chunk.address, 8);
  return entry;
}

TEST(ChunkMap, RefusesAChunkOfAnImpossibleSize) {
  const sctab::tests::TemporaryFolder folder;
  write_shard_like(folder / "a.h5ad");
  const ShardMap map = read_shard_map(folder / "a.h5ad", kCells, ValueType::kUint16);
  EXPECT_EQ(map.data.chunks.size(), 5U);
  std::string file = sctab::tests::read_bytes(folder / "a.h5ad");
  const std::size_t at = file.find(index_entry(map.data.chunks[2], 2048));
  ASSERT_NE(at, std::string::npos);
  // Room for such a chunk: the file's end, and where the superblock has it.
  constexpr std::size_t kPlaceOfEnd = 40;
  const std::uint64_t address = file.size();
  std::memcpy(file.data() + at + 24, &address, sizeof(address));
  file.append(2'000'000, '\0');
  const std::uint64_t end = file.size();
  std::memcpy(file.data() + kPlaceOfEnd, &end, sizeof(end));
  for (const std::uint32_t bytes : {2U * 2048 + 1024, 2U * 2048 + 1025, 1'000'000U}) {
    std::memcpy(file.data() + at, &bytes, sizeof(bytes));
    sctab::tests::write_bytes(folder / "b.h5ad", file);
    if (bytes == 2U * 2048 + 1024) {
      EXPECT_EQ(read_shard_map(folder / "b.h5ad", kCells, ValueType::kUint16).data.chunks[2].bytes, bytes);
    } else {
      const std::string found = std::to_string(bytes);
      SCTAB_EXPECT_THROW_WITH(read_shard_map(folder / "b.h5ad", kCells, ValueType::kUint16), core::InputError, "b.h5ad",
                              "X/data", found.c_str(), "restore the file");
    }
  }
}

}  // namespace
}  // namespace sctab::store
