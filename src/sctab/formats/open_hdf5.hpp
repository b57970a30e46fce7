#pragma once

#include <filesystem>
#include <memory>

#include "sctab/formats/cell_source.hpp"

namespace sctab::formats {

/// Opens an HDF5 file of cells: AnnData, MuData, 10x or loom, told apart by what is in it. Throws InputError where it
/// is not HDF5 or is damaged, where its format refuses it, and where it is in none of them: then the error lists what
/// it has.
std::unique_ptr<CellSource> open_hdf5(const std::filesystem::path& path, const OpenOptions& options);

}  // namespace sctab::formats
