#pragma once

#include <cstdint>

#include "sctab/sparse/csr.hpp"

namespace sctab::kernels::cpu {

/// Rows that share one pass over the weights.
inline constexpr std::int64_t kProjectionRows = 256;

/// out += (x · diag(column_scale)) · weights on this thread. column_scale: n_columns, or null for ones; weights:
/// n_columns × width; out: n_rows × width.
void add_csr_projection(const sparse::CsrView& x, const float* column_scale, const float* weights, std::int64_t width,
                        float* out);
/// The same with weights in half precision, as HalfMatrix has them.
void add_csr_projection(const sparse::CsrView& x, const float* column_scale, const std::uint16_t* weights,
                        std::int64_t width, float* out);

}  // namespace sctab::kernels::cpu
