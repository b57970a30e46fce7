#pragma once

#include <cstdint>

namespace sctab::kernels::cpu {

/// See kernels/silu.hpp; n values.
void silu(std::int64_t n, const float* x, float* out);
void silu_backward(std::int64_t n, const float* x, const float* dout, float* dx);

}  // namespace sctab::kernels::cpu
