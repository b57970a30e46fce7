#include "sctab/core/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"

namespace sctab::core {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF", kGzip = "\x1F\x8B";

bool is_control(char c) {
  return c >= '\0' && c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f';
}

/// Bytes of the character that `text` begins with, which is not ASCII; 0 if those bytes are not a character.
std::size_t length_of_character(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  const bool overlong = (byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xF0 && byte(1) < 0x90);
  const bool surrogate = byte(0) == 0xED && byte(1) >= 0xA0;
  const bool past_the_last = byte(0) == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || past_the_last ? 0 : length;
}

}  // namespace

std::size_t find_non_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const bool is_ascii = static_cast<std::uint8_t>(text[i]) < 0x80;
    const std::size_t length = is_ascii ? 1 : length_of_character(text.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::string printable(std::string_view text) {
  constexpr std::size_t kMostShown = 40;
  std::string shown;
  for (const char c : text.substr(0, kMostShown)) {
    shown += c >= ' ' && c <= '~' ? std::string(1, c) : fmt::format("\\x{:02X}", static_cast<std::uint8_t>(c));
  }
  return shown;
}

std::string checked_text(std::string text, const std::filesystem::path& path, const std::string& expected) {
  if (text.starts_with(kGzip)) {
    throw InputError({.file = path.string(),
                      .found = "is compressed with gzip",
                      .expected = expected,
                      .next_step = "unpack it with gunzip"});
  }
  const auto control = static_cast<std::size_t>(std::ranges::find_if(text, is_control) - text.begin());
  const std::size_t bad = std::min(find_non_utf8(text), control);
  if (bad < text.size()) {
    const auto lines_before = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n');
    throw InputError({.file = path.string(),
                      .line = lines_before + 1,
                      .found = fmt::format("is not UTF-8 text: it has the byte {}", printable(text.substr(bad, 1))),
                      .expected = expected,
                      .next_step = "check that it is the right file, or save it as UTF-8"});
  }
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  return text;
}

std::string read_text_file(const std::filesystem::path& path, const std::string& expected, std::uint64_t most_bytes,
                           std::int64_t expansion) {
  const InputNeeds needs{.expected = expected, .streams = true, .expansion = expansion};
  return checked_text(read_input(path, needs, most_bytes), path, expected);
}

}  // namespace sctab::core
