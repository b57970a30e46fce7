#pragma once

#include <filesystem>

namespace sctab::core {

/// Puts what was written to a file on disk. Throws InputError naming it.
void sync_file(const std::filesystem::path& path);

}  // namespace sctab::core
