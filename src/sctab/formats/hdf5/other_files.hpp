#pragma once

#include <filesystem>

#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5 {

/// Checks the files that `file` leads to, and those that they lead to, wherever libhdf5 may look for them: those that
/// are linked as structure::check_structure() does, those of bare values for their sizes. Throws InputError where one
/// is missing, not a regular file, damaged or too short.
void check_other_files(const std::filesystem::path& file, const structure::OtherFiles& others);

}  // namespace sctab::hdf5
