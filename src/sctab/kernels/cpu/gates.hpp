#pragma once

#include <cstdint>

namespace sctab::kernels::cpu {

/// Mean and biased variance of columns [first, last) of n_rows × stride values.
struct ColumnBlock {
  const float* values;
  std::int64_t n_rows, stride, first, last;
};
void column_statistics(const ColumnBlock& block, float* mean, float* variance);

/// out = (norm(projected) gated + residual) · sqrt(0.5) for n_rows of one virtual batch. scale, shift: 2 · width;
/// residual may be null, and then nothing is scaled.
struct GateRows {
  std::int64_t n_rows, width;
  const float* projected;  // n_rows × (2 · width)
  const float *scale, *shift;
  const float* residual;  // n_rows × width
};
void gate_rows(const GateRows& rows, float* out);

/// The cells of one virtual batch, and what its norm needs: 2 · width values each.
struct GateBatch {
  std::int64_t n_rows, width;
  const float* projected;  // n_rows × (2 · width)
  const float *weight, *bias, *mean, *inverse_sd;
  bool own_statistics;  // mean and inverse_sd depend on `projected`
  const float* dout;    // n_rows × width
  float dout_scale;
};
/// Gradients of columns [first, last) of the first half and of those `width` further on. dprojected: as projected,
/// overwritten; dweight, dbias: 2 · width, overwritten.
void gate_backward(const GateBatch& batch, std::int64_t first, std::int64_t last, float* dprojected, float* dweight,
                   float* dbias);

/// The functions of kernels/gates.hpp on n values.
void silu(std::int64_t n, const float* x, float* out);
void silu_backward(std::int64_t n, const float* x, const float* dout, float* dx);

}  // namespace sctab::kernels::cpu
