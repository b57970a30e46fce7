#pragma once

#include <filesystem>
#include <memory>

#include "sctab/formats/cell_source.hpp"

namespace sctab::formats {

/// Opens a file of cells in any known format: recognised by its content, else by its name, so that a damaged file is
/// refused by its own format. Throws InputError if the file is missing, and one listing the formats if it is in none.
std::unique_ptr<CellSource> open_cells(const std::filesystem::path& path);

}  // namespace sctab::formats
