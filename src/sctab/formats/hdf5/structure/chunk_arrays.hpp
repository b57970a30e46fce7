#pragma once

#include <cstdint>
#include <functional>

#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5::structure {

/// An array of the places of chunks in a file, one element each.
struct ChunkArray {
  std::uint64_t address = 0;
  bool has_filters = false;
  std::size_t element_bytes = 0;
  std::function<void(std::uint64_t number, Cursor& element)> visit{};
};

/// An array of a fixed number of elements. Throws InputError where it is damaged.
void walk_fixed_array(FileImage& file, const ChunkArray& array, std::uint64_t n_elements);
/// An array that grows in one direction without end. Throws InputError where it is damaged.
void walk_extensible_array(FileImage& file, const ChunkArray& array);

}  // namespace sctab::hdf5::structure
