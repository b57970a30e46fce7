#pragma once

#include <memory>
#include <vector>

#include "sctab/formats/cell_source.hpp"

namespace sctab::formats {

/// A source with more columns of obs, one value a cell each: in place of those of the same name, if it has them. The
/// rest is the source's, its copy_to() too, which copies the file without them.
std::unique_ptr<CellSource> with_obs(std::unique_ptr<CellSource> source, std::vector<Column> columns);

}  // namespace sctab::formats
