#pragma once

#include <cstdint>

#include "sctab/sparse/csr.hpp"

namespace sctab::kernels::cpu {

/// What take_clamped() may write beyond the values that it takes, and what a dense row has beyond its last gene.
inline constexpr std::int64_t kDenseRoom = 16;

/// Sets genes of an all-zero dense row to cell + sign · vector.
void add_to_row(const sparse::RowView& cell, const sparse::RowView& vector, float sign, float* row);

/// Clamps a dense row to [low, high], writes what is not zero then to genes and values, sets the row to zero and
/// returns how many there were. row: n_genes and room; genes, values: at least as many as there are, and room.
std::int64_t take_clamped(float* row, std::int64_t n_genes, float low, float high, std::int32_t* genes, float* values);

}  // namespace sctab::kernels::cpu
