#pragma once

#include <cstdint>
#include <span>

#include "sctab/core/index.hpp"

namespace sctab::model {

/// The most probable type of a cell; ties go to the first.
struct TypeCall {
  core::TypeIndex type = 0;
  float probability = 0;
};

/// probabilities: n_types, of the cell with this number, from 0. Throws InputError naming the cell where the model's
/// answer is not a number, as damaged weights make it.
TypeCall call_type(std::span<const float> probabilities, core::CellIndex cell);

}  // namespace sctab::model
