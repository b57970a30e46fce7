#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "sctab/core/error.hpp"

namespace sctab::core {

/// Throws InputError unless `good`. subject: the option or the field with the value `found`: "--components".
template <typename Value>
void require(bool good, std::string_view subject, const Value& found, std::string_view expected) {
  if (good) return;
  throw InputError(
      {.subject = std::string(subject), .found = fmt::format("{}", found), .expected = std::string(expected)});
}

}  // namespace sctab::core
