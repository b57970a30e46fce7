#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "sctab/core/error.hpp"

namespace sctab::core {

/// Counts and positions of cells and of non-zeros: corpora pass 2^31 of both.
using CellIndex = std::int64_t;
/// Column of a cells × genes matrix.
using GeneIndex = std::int32_t;
/// Position in a list of cell types; -1 is "none".
using TypeIndex = std::int32_t;

/// Checked integer conversion. Throws std::logic_error where the value does not fit `To`.
template <typename To, typename From>
constexpr To narrow(From value) {
  static_assert(std::is_integral_v<To> && std::is_integral_v<From>);
  SCTAB_ASSERT(std::in_range<To>(value));
  return static_cast<To>(value);
}

}  // namespace sctab::core
