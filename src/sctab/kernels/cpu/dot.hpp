#pragma once

#include <cstdint>
#include <span>

namespace sctab::kernels::cpu {

/// products[i] = left · right[rows[i]]. left: width; right: any number of rows × width.
void gathered_dots(const float* left, const float* right, std::int64_t width, std::span<const std::int32_t> rows,
                   float* products);

/// products[i] = left[i] · right[i] for two arrays of n_rows × width.
void row_dots(const float* left, const float* right, std::int64_t n_rows, std::int64_t width, float* products);

/// products[i] = left · right[i]. left: width; right: n_rows × width.
void matrix_vector(const float* left, const float* right, std::int64_t n_rows, std::int64_t width, float* products);

}  // namespace sctab::kernels::cpu
