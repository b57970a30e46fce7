#pragma once

#include <filesystem>
#include <string_view>

namespace sctab::formats {

/// The path on the command line that means standard input.
inline constexpr std::string_view kStandardInput = "-";

/// The path of a source without the ending of its format, for the names of what is written next to it:
/// "data/a.h5ad", "data/a.csv.gz" and the folder "data/a.zarr/" all give "data/a". An ending that no format has stays
/// ("a.v2"), and so does the name of a file that has nothing else (".csv"). A folder named "." or ".." has the name
/// that it really has.
std::filesystem::path path_without_ending(const std::filesystem::path& source);

}  // namespace sctab::formats
