#pragma once

#include "sctab/formats/hdf5/structure/dataset.hpp"
#include "sctab/formats/hdf5/structure/global_heap.hpp"
#include "sctab/formats/hdf5/structure/object_header.hpp"

namespace sctab::hdf5::structure {

/// Checks the attributes of an object, however it keeps them, and the values in the global heap that they refer to.
/// Throws InputError where one is damaged.
void check_attributes(FileImage& file, const ObjectHeader& header, NamedTypes& named, GlobalHeap& heap);

}  // namespace sctab::hdf5::structure
