#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sctab::model {

/// Cells that each type was trained on, one number a type, as a model keeps them: types without are never predicted.
using CellsPerType = std::vector<float>;

/// Probabilities of n cells from n × n_types scores: the softmax of each row over the types that were trained on.
std::vector<float> softmax(std::span<const float> scores, const CellsPerType& cells_per_type);

/// The same from one-vs-rest scores: sigmoids, scaled to sum to 1. The type with the largest score keeps the largest
/// probability also where sigmoids of several types round to 1.
std::vector<float> scaled_sigmoids(std::span<const float> scores, const CellsPerType& cells_per_type);

}  // namespace sctab::model
