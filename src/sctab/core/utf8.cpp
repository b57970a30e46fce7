#include "sctab/core/utf8.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace sctab::core {
namespace {

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

}  // namespace sctab::core
