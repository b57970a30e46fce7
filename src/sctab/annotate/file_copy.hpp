#pragma once

#include <filesystem>

namespace sctab::annotate {

/// Copies `from` to the new file `to`, which is writable whatever the rights of `from`. File systems that can share
/// blocks between files do. Asks check_interrupt() on the way. Throws InputError naming the file.
void duplicate_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace sctab::annotate
