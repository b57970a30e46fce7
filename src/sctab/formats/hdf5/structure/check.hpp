#pragma once

#include <string>

#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5::structure {

/// Walks all that an HDF5 file holds and that libhdf5 may come to read: objects, names, attributes, where values lie,
/// free space. libhdf5 1.10 crashes, hangs or writes past its memory on many kinds of damage, so it gets no file that
/// has not passed. False where the file is not HDF5. Throws InputError, which names the file and the object, where
/// anything is damaged or leads into another file. With `others`, external links and external storage pass, and the
/// files that they name are added there; virtual datasets never do.
///
/// Takes some microseconds for each object and each block of an index, and memory for the place of each chunk; values
/// are not read, but for texts of attributes. Their own readers check chunks and texts of datasets.
bool check_structure(int descriptor, const std::string& path, OtherFiles* others = nullptr);

}  // namespace sctab::hdf5::structure
