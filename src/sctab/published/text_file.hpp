#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace sctab::published {

/// All of a small text file, without a byte order mark. kind: what it should be, "a csv". Throws InputError naming it
/// where it cannot be read, is larger than most_bytes, or is no UTF-8.
std::string read_text_file(const std::filesystem::path& path, std::uint64_t most_bytes, std::string_view kind);

}  // namespace sctab::published
