#pragma once

#include "sctab/formats/hdf5/structure/dataset.hpp"
#include "sctab/formats/hdf5/structure/superblock.hpp"

namespace sctab::hdf5::structure {

/// Checks where the values of a dataset lie: chunks through whatever index finds them. Each must lie in the file and be
/// one of those that the dataset's shape has; the index must lead to each. Throws InputError where that is not so.
void check_storage(FileImage& file, const Dataset& dataset, const Superblock& superblock);

}  // namespace sctab::hdf5::structure
