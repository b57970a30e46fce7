#pragma once

#include <string>
#include <string_view>

namespace sctab::h5ad {

/// Whether all of it is UTF-8 as RFC 3629 has it: no character longer than need be, no surrogates, none past U+10FFFF.
bool is_utf8(std::string_view text);
/// As much of a damaged text as can be shown: bytes other than printable ASCII become "\xE9".
std::string printable(std::string_view text);

}  // namespace sctab::h5ad
