#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sctab/store/random_access_file.hpp"
#include "sctab/store/store.hpp"

namespace sctab::store {

/// Where one HDF5 chunk lies in its file.
struct Chunk {
  std::int64_t address = 0;
  std::int64_t bytes = 0;  // compressed
};

/// The chunks of a one-dimensional dataset, in order, from the file itself: HDF5 1.10 goes through all chunks to find
/// one, which takes 25 ms for the 2,000 of a full shard's dataset and grows with their square.
/// header: address of the dataset's object header. Nothing where the file is not as our writer and h5py lay it out
/// (HDF5 file format 3.0: object header version 1, layout message version 3, B-tree version 1) or where anything in it
/// is odd; HDF5 must then be asked.
std::optional<std::vector<Chunk>> read_chunk_index(const RandomAccessFile& file, std::int64_t file_bytes,
                                                   std::int64_t header, std::int64_t chunk_elements,
                                                   std::int64_t n_chunks);

/// A one-dimensional HDF5 dataset in chunks that are shuffled and deflated.
struct ChunkMap {
  std::string dataset;  // "X/data"
  std::int64_t n_elements = 0;
  std::int64_t chunk_elements = 1;
  std::int64_t element_bytes = 1;
  std::vector<Chunk> chunks;
};

/// What must be known of a shard to read it without HDF5.
struct ShardMap {
  std::vector<std::int32_t> indptr;  // n_cells + 1 offsets, checked: from 0, ascending, to n_elements
  ChunkMap data, indices;
};

/// Opens the shard once with HDF5. Throws InputError naming it where it is not the csr matrix of n_cells cells with
/// this value type, filters shuffle and deflate and int32 indices, or where a chunk lies outside the file.
ShardMap read_shard_map(const std::filesystem::path& path, CellIndex n_cells, ValueType values);

}  // namespace sctab::store
