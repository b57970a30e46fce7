#pragma once

#include <cstdint>
#include <string_view>

#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5::structure {

/// The names of an old group, or of the external files of a dataset.
class LocalHeap {
 public:
  /// Throws InputError where it is damaged. Its bytes become claims on the file.
  LocalHeap(FileImage& file, std::uint64_t address);

  /// The text that begins at `offset`. Throws InputError where none ends in the heap.
  [[nodiscard]] std::string_view text(std::uint64_t offset) const;

 private:
  void check_free_space(std::uint64_t first) const;

  const FileImage& file_;
  std::uint64_t address_;
  Bytes bytes_;
};

}  // namespace sctab::hdf5::structure
