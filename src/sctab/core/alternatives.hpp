#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <string>

namespace sctab::core {

/// What is expected where several words will do: "X", "X or raw/X", "one of blood, liver, lung".
template <typename Words>
std::string alternatives(const Words& words) {
  return fmt::format("{}{}", std::size(words) > 2 ? "one of " : "",
                     fmt::join(words, std::size(words) > 2 ? ", " : " or "));
}

}  // namespace sctab::core
