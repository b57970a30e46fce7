#pragma once

#include "sctab/formats/h5ad/structure/dataset.hpp"
#include "sctab/formats/h5ad/structure/global_heap.hpp"
#include "sctab/formats/h5ad/structure/object_header.hpp"

namespace sctab::h5ad::structure {

/// Checks the attributes of an object, however it keeps them, and the values in the global heap that they refer to.
/// Throws InputError where one is damaged.
void check_attributes(FileImage& file, const ObjectHeader& header, NamedTypes& named, GlobalHeap& heap);

}  // namespace sctab::h5ad::structure
