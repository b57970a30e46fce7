#pragma once

#include <cstdint>
#include <functional>

#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5::structure {

/// What the records of a version 2 B-tree are.
enum class RecordType : std::uint8_t {
  kHugeObject = 1,  // of a fractal heap: address, length, number
  kLinkName = 5,
  kLinkOrder = 6,
  kAttributeName = 8,
  kAttributeOrder = 9,
  kChunk = 10,
  kFilteredChunk = 11
};

/// Walks a version 2 B-tree and gives `visit` its records in order. Throws InputError where the tree is damaged or its
/// records are of another type or size. Returns their number.
std::uint64_t walk_new_tree(FileImage& file, std::uint64_t address, RecordType type, std::size_t record_bytes,
                            const std::function<void(Cursor& record)>& visit);

}  // namespace sctab::hdf5::structure
