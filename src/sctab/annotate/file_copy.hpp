#pragma once

#include <filesystem>
#include <stop_token>

namespace sctab::annotate {

/// Copies `from` to the new file `to`, which is writable whatever the rights of `from`. File systems that can share
/// blocks between files do; others are told to begin writing the copy to disk on the way. Asks check_interrupt(), and
/// returns with half a copy once `stop` is requested. Throws InputError naming the file, also where the copy ends
/// before `from` did when it was opened.
void duplicate_file(const std::filesystem::path& from, const std::filesystem::path& to,
                    const std::stop_token& stop = {});

}  // namespace sctab::annotate
