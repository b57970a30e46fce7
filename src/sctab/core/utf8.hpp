#pragma once

#include <string>
#include <string_view>

namespace sctab::core {

/// Position of the first byte that does not belong to a character of UTF-8 as RFC 3629 defines it (shortest forms, no
/// surrogates, nothing past U+10FFFF); npos if there is none.
std::size_t find_non_utf8(std::string_view text);
inline bool is_utf8(std::string_view text) {
  return find_non_utf8(text) == std::string_view::npos;
}

/// Up to 40 bytes of a damaged text, in a form that can be shown: bytes other than printable ASCII become "\xE9".
std::string printable(std::string_view text);

}  // namespace sctab::core
