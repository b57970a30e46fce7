#pragma once

#include <filesystem>

#include "sctab/formats/arrays/array_group.hpp"

namespace sctab::tenx {

inline constexpr const char* kSpotsNote =
    "the counts are those of spots or bins of a tissue (Space Ranger): where several cells share one, its label is "
    "that "
    "of the mixture";

/// Whether Space Ranger wrote a matrix of spots or bins: the folder `spatial` is next to it.
bool are_spots(const std::filesystem::path& matrix);
/// The same of an .h5, which says so itself, too: by the attributes software_version and chemistry_description, or by
/// its set of probes.
bool are_spots(const arrays::ArrayGroup& root, const std::filesystem::path& file);

}  // namespace sctab::tenx
