#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sctab/store/random_access_file.hpp"

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

}  // namespace sctab::store
