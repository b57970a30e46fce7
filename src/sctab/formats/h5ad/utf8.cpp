#include "sctab/formats/h5ad/utf8.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace sctab::h5ad {
namespace {

/// Bytes of the character that `text` begins with, which is not ASCII; 0 where it begins with none.
std::size_t length_of_character(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  const bool longer_than_need_be = (byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xF0 && byte(1) < 0x90);
  const bool surrogate = byte(0) == 0xED && byte(1) >= 0xA0;
  const bool past_the_last = byte(0) == 0xF4 && byte(1) >= 0x90;
  return longer_than_need_be || surrogate || past_the_last ? 0 : length;
}

bool is_ascii(char c) {
  return static_cast<std::uint8_t>(c) < 0x80;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = is_ascii(text.front()) ? 1 : length_of_character(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text) {
  constexpr std::size_t kMostShown = 40;
  std::string shown;
  for (const char c : text.substr(0, kMostShown)) {
    shown += c >= ' ' && c <= '~' ? std::string(1, c) : fmt::format("\\x{:02X}", static_cast<std::uint8_t>(c));
  }
  return shown;
}

}  // namespace sctab::h5ad
