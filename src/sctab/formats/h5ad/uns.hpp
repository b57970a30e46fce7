#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace sctab::h5ad {

/// The text at "sctab/version" of an h5ad file's uns; empty where there is none, or no text. Throws InputError where
/// the file is no HDF5 or the text is damaged.
std::string uns_text(const std::filesystem::path& file, std::string_view name);

}  // namespace sctab::h5ad
