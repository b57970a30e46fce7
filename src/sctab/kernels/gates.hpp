#pragma once

#include <cstdint>
#include <span>

#include "sctab/kernels/batch_norm.hpp"

namespace sctab::kernels {

/// Mean and biased variance of every column in every virtual batch. values: n_cells × width, row-major; mean, variance:
/// n_batches × width. The variance of a batch of one cell is 0.
void column_statistics(std::span<const float> values, std::int64_t width, std::span<const std::int64_t> batch_starts,
                       std::span<float> mean, std::span<float> variance);

/// What follows the linear map of a GLU layer: batch norm, the first half of the columns times the sigmoid of the
/// second, and (if there is a residual) the sum with it, times sqrt(0.5). projected: n_cells × (2 · width), norm of as
/// many columns; residual: n_cells × width, or empty; out: n_cells × width.
void gated_norm(std::span<const float> projected, const GhostNorm& norm, std::span<const float> residual,
                std::span<float> out);

struct GatedNormGradient {
  std::span<float> projected;               // n_cells × (2 · width), overwritten
  std::span<float> norm_weight, norm_bias;  // 2 · width, added to
};

/// Through the statistics of the virtual batches (those of one cell: through constants), so for training only.
/// dout: n_cells × width. The gradient of the residual is sqrt(0.5) · dout, left to the product that follows.
void gated_norm_backward(std::span<const float> projected, const GhostNorm& norm, bool has_residual,
                         std::span<const float> dout, const GatedNormGradient& gradient);

/// out = x · sigmoid(x), value by value: torch's rounds otherwise where its threads' shares end.
void silu(std::span<const float> x, std::span<float> out);

/// dx = dout · (s + x · s · (1 - s)), s = sigmoid(x); overwritten.
void silu_backward(std::span<const float> x, std::span<const float> dout, std::span<float> dx);

}  // namespace sctab::kernels
