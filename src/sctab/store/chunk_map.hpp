#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sctab/store/chunk_index.hpp"
#include "sctab/store/store.hpp"

namespace sctab::store {

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
