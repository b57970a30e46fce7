#pragma once

#include <cstdint>
#include <functional>

#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5::structure {

/// A stretch of free space that a file keeps a note of.
struct FreeSection {
  std::uint64_t begin = 0, n_bytes = 0;
  int kind = 0;
};

/// Reads the list of free space of a fractal heap, or of the file itself. check: throws where a section cannot be, and
/// reads what its kind adds. Throws InputError where the list is damaged.
void check_free_space(FileImage& file, std::uint64_t address, bool of_file,
                      const std::function<void(const FreeSection& section, Cursor& cursor)>& check);

}  // namespace sctab::hdf5::structure
