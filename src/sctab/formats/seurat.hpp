#pragma once

#include <filesystem>
#include <memory>

#include "sctab/core/error.hpp"
#include "sctab/formats/cell_source.hpp"

namespace sctab::formats {

/// Whether a file holds objects of R, as saveRDS() and save() write them: by its first bytes, unpacked where it is
/// gzipped, or by its name where it is packed by bzip2 or xz.
bool is_r_file(const std::filesystem::path& path);

/// Throws an InputError that says how to export the counts of a Seurat object in R.
[[noreturn]] void refuse_r_file(const std::filesystem::path& path);
/// The same for an h5Seurat file.
[[noreturn]] void refuse_h5seurat(const std::filesystem::path& path);

}  // namespace sctab::formats
