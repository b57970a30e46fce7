#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace sctab::core {

/// All of a text file, without a byte order mark. `expected` is what the file should be ("a csv"), for messages.
/// A pipe or /dev/stdin will do. Throws InputError naming the file if it cannot be read or is larger than most_bytes
/// or than memory_budget() allows, and naming the line too if it is not text: UTF-8 without control characters other
/// than tabs, line ends and form feeds. expansion: as in InputNeeds; that of a table, whose fields are strings.
std::string read_text_file(const std::filesystem::path& path, const std::string& expected,
                           std::uint64_t most_bytes = std::uint64_t{1} << 32U,
                           std::int64_t expansion = sizeof(std::string));

/// The check of read_text_file(), for text from elsewhere. Returns it without a byte order mark.
std::string checked_text(std::string text, const std::filesystem::path& path, const std::string& expected);

/// Position of the first byte that does not belong to a character of UTF-8 as RFC 3629 defines it (shortest forms, no
/// surrogates, nothing past U+10FFFF); npos if there is none.
std::size_t find_non_utf8(std::string_view text);
inline bool is_utf8(std::string_view text) {
  return find_non_utf8(text) == std::string_view::npos;
}

/// Up to 40 bytes of a damaged text, in a form that can be shown: bytes other than printable ASCII become "\xE9".
std::string printable(std::string_view text);

}  // namespace sctab::core
