#pragma once

#include <cstdint>
#include <span>

#include "sctab/sparse/csr.hpp"

namespace sctab::kernels {

/// left · rightᵀ at the non-zeros of a pattern alone: values[p] = left_i · right_j for the p-th non-zero (i, j).
/// pattern: (n_rows × n_columns), its data unused; left: n_rows × width; right: n_columns × width, both row-major;
/// values: one a non-zero, in the pattern's order.
void sampled_product(sparse::CsrView pattern, std::span<const float> left, std::span<const float> right,
                     std::int64_t width, std::span<float> values);

}  // namespace sctab::kernels
