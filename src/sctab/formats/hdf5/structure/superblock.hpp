#pragma once

#include <cstdint>
#include <optional>

#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5::structure {

/// Where a file begins to be HDF5.
struct Superblock {
  std::uint64_t root = 0;                // address of the root group's object header
  std::uint64_t extension = kUndefined;  // of another object header, with settings of the file
  bool has_writer = false;               // marked as open for writing; only version 3 is
  // Half the entries of the nodes of old groups' leaves, of their B-trees and of those of chunks.
  std::uint64_t leaf_k = 4, group_k = 16, chunk_k = 32;
};

/// Finds the superblock and gives the image its format. Nothing where the file is not HDF5. Throws InputError where it
/// is damaged or cut off.
std::optional<Superblock> read_superblock(FileImage& file);

}  // namespace sctab::hdf5::structure
