#include "sctab/store/chunk_map.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "sctab/formats/hdf5/handle.hpp"
#include "support/fixtures.hpp"

namespace sctab::store {
namespace {

using hdf5::Handle;

constexpr hsize_t kChunkElements = 16;

// A dataset of n_chunks chunks, the last of them half full; `latest`: in the newest file format.
void write_dataset(const std::filesystem::path& path, hsize_t n_chunks, bool latest) {
  const hdf5::Lock lock;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS));
  if (latest) (void)H5Pset_libver_bounds(access.id(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()));
  const hsize_t n = n_chunks == 0 ? 0 : n_chunks * kChunkElements - kChunkElements / 2, most = H5S_UNLIMITED;
  const Handle space(H5Screate_simple(1, &n, &most));
  const Handle layout(H5Pcreate(H5P_DATASET_CREATE));
  (void)H5Pset_chunk(layout.id(), 1, &kChunkElements);
  (void)H5Pset_shuffle(layout.id());
  (void)H5Pset_deflate(layout.id(), 4);
  const Handle dataset(
      H5Dcreate2(file.id(), "values", H5T_STD_I32LE, space.id(), H5P_DEFAULT, layout.id(), H5P_DEFAULT));
  std::vector<std::int32_t> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<std::int32_t>(i * i % 1000);
  ASSERT_GE(H5Dwrite(dataset.id(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
}

struct Indexes {
  std::optional<std::vector<Chunk>> read;
  std::vector<Chunk> of_hdf5;
};

Indexes indexes(const std::filesystem::path& path, std::int64_t n_chunks) {
  const hdf5::Lock lock;
  const Handle file = hdf5::open_file(path, hdf5::Access::kRead);
  const Handle dataset = hdf5::open_dataset(file.id(), "values");
  H5O_info_t info;
  EXPECT_GE(H5Oget_info2(dataset.id(), &info, H5O_INFO_BASIC), 0);
  Indexes found;
  found.read = read_chunk_index(RandomAccessFile(path), static_cast<std::int64_t>(std::filesystem::file_size(path)),
                                static_cast<std::int64_t>(info.addr), kChunkElements, n_chunks);
  for (hsize_t offset = 0; std::cmp_less(found.of_hdf5.size(), n_chunks); offset += kChunkElements) {
    unsigned filters = 0;
    haddr_t address = 0;
    hsize_t bytes = 0;
    EXPECT_GE(H5Dget_chunk_info_by_coord(dataset.id(), &offset, &filters, &address, &bytes), 0);
    found.of_hdf5.push_back({static_cast<std::int64_t>(address), static_cast<std::int64_t>(bytes)});
  }
  return found;
}

TEST(ChunkIndex, IsWhatHdf5Says) {
  const sctab::tests::TemporaryFolder folder;
  for (const int n_chunks : {1, 2, 64, 65, 700, 5000}) {  // 64 entries a node: one, two and three levels
    write_dataset(folder / "a.h5", static_cast<hsize_t>(n_chunks), false);
    const Indexes found = indexes(folder / "a.h5", n_chunks);
    ASSERT_TRUE(found.read.has_value()) << n_chunks;
    ASSERT_EQ(found.read->size(), found.of_hdf5.size());
    for (std::size_t i = 0; i < found.of_hdf5.size(); ++i) {
      ASSERT_EQ((*found.read)[i].address, found.of_hdf5[i].address) << i;
      ASSERT_EQ((*found.read)[i].bytes, found.of_hdf5[i].bytes) << i;
    }
  }
}

TEST(ChunkIndex, LeavesToHdf5WhatItDoesNotKnow) {
  const sctab::tests::TemporaryFolder folder;
  write_dataset(folder / "a.h5", 70, true);
  EXPECT_FALSE(indexes(folder / "a.h5", 70).read.has_value());
  write_dataset(folder / "a.h5", 70, false);
  EXPECT_FALSE(indexes(folder / "a.h5", 69).read.has_value());  // another number of chunks than expected
  write_dataset(folder / "a.h5", 0, false);
  EXPECT_FALSE(indexes(folder / "a.h5", 0).read.has_value());
}

void put(std::string& file, std::size_t at, std::uint64_t value, int n_bytes) {
  for (int i = 0; i < n_bytes; ++i) file.at(at + static_cast<std::size_t>(i)) = static_cast<char>(value >> (8 * i));
}

// A header of version 1 at byte 0 whose tree has n_levels nodes of 64 entries each, all of which lead to the node
// below, and at its end a leaf without entries: 64^n_levels ways.
std::string tree_of_shared_nodes(std::size_t n_levels) {
  constexpr std::size_t kHead = 24, kEntry = 32, kEntries = 64, kTree = 64, kNode = kHead + kEntries * kEntry;
  std::string file(kTree + n_levels * kNode + kHead, '\0');
  put(file, 0, 1, 1);
  put(file, 8, 32, 4);         // bytes of messages
  put(file, 16, 8, 2);         // a layout
  put(file, 18, 24, 2);        // its bytes
  put(file, 24, 0x020203, 3);  // version 3, chunked, one dimension and the element's
  put(file, 27, kTree, 8);
  put(file, 35, kChunkElements, 4);
  for (std::size_t i = 0; i <= n_levels; ++i) {
    const std::size_t node = kTree + i * kNode;
    file.replace(node, 4, "TREE");
    put(file, node + 4, 1, 1);
    put(file, node + 5, n_levels - i, 1);
    if (i == n_levels) break;
    put(file, node + 6, kEntries, 2);
    for (std::size_t entry = 0; entry < kEntries; ++entry)
      put(file, node + kHead + entry * kEntry + 24, node + kNode, 8);
  }
  return file;
}

TEST(ChunkIndex, DoesNotWalkSharedNodesForEver) {
  const sctab::tests::TemporaryFolder folder;
  const std::string content = tree_of_shared_nodes(8);
  sctab::tests::write_bytes(folder / "a.h5", content);
  const auto read_in_time = [&] {
    ::alarm(20);
    const auto found = read_chunk_index(RandomAccessFile(folder / "a.h5"), static_cast<std::int64_t>(content.size()), 0,
                                        kChunkElements, 1);
    ::_exit(found.has_value() ? 1 : 0);
  };
  EXPECT_EXIT(read_in_time(), testing::ExitedWithCode(0), "");
}

TEST(ChunkIndex, OfADamagedFileIsWithinItOrNone) {
  const sctab::tests::TemporaryFolder folder;
  write_dataset(folder / "a.h5", 200, false);
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(folder / "a.h5"));
  std::int64_t header = 0;
  {
    const hdf5::Lock lock;
    const Handle file = hdf5::open_file(folder / "a.h5", hdf5::Access::kRead);
    H5O_info_t info;
    ASSERT_GE(H5Oget_info2(hdf5::open_dataset(file.id(), "values").id(), &info, H5O_INFO_BASIC), 0);
    header = static_cast<std::int64_t>(info.addr);
  }
  int none = 0;
  for (std::int64_t at = 0; at < size; ++at) {
    std::fstream file(folder / "a.h5", std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const int byte = file.peek();
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 0xFF));
    file.close();
    const auto found = read_chunk_index(RandomAccessFile(folder / "a.h5"), size, header, kChunkElements, 200);
    none += found.has_value() ? 0 : 1;
    if (found.has_value()) {
      for (const Chunk& chunk : *found) ASSERT_LE(chunk.address + chunk.bytes, size);
    }
    file.open(folder / "a.h5", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file.put(static_cast<char>(byte));
  }
  EXPECT_GT(none, 1000);  // flags, offsets and most addresses
}

}  // namespace
}  // namespace sctab::store
