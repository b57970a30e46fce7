#pragma once

#include <cstdint>

namespace sctab::kernels::cpu {

/// out += sum over the rows of weights[i] · rows[i], added in order. weights: n_rows; rows: n_rows × width; out: width.
void add_weighted_rows(const float* weights, const float* rows, std::int64_t n_rows, std::int64_t width, float* out);

}  // namespace sctab::kernels::cpu
