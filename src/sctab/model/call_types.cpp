#include "sctab/model/call_types.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/core/error.hpp"

namespace sctab::model {

TypeCall call_type(std::span<const float> probabilities, core::CellIndex cell) {
  const auto best = std::ranges::max_element(probabilities);
  if (!(*best >= 0)) {
    throw core::InputError({.cell = fmt::format("{} (counted from 0)", cell),
                            .found = "the model's answer is not a number",
                            .next_step = "copy or train the model again: its weights are damaged"});
  }
  return {core::narrow<core::TypeIndex>(best - probabilities.begin()), *best};
}

}  // namespace sctab::model
