#pragma once

#include <cstdint>
#include <span>

namespace sctab::kernels {

/// AdamW with decoupled weight decay (Loshchilov and Hutter 2019), as torch has it.
struct AdamWOptions {
  double learning_rate = 0.005;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.05;
};

/// A trained tensor, its gradient and its moments: spans of the same length, with their values in the same order.
struct AdamWTensor {
  std::span<const float> gradient;
  std::span<float> parameter, exp_avg, exp_avg_sq;
};

/// One step of all tensors, in one pass over their memory; small ones share the threads' work.
/// step: 1 for the first; gradient_scale: what clipping multiplies gradients by, see clip_scale().
void adamw_step(const AdamWOptions& options, std::int64_t step, float gradient_scale,
                std::span<const AdamWTensor> tensors);

/// The sum of squares of all tensors' gradients, added in double in an order that depends on their lengths alone. The
/// global norm is its root.
double sum_of_squares(std::span<const AdamWTensor> tensors);

/// min(1, max_norm / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_; NaN if the norm is.
float clip_scale(double norm, double max_norm);

}  // namespace sctab::kernels
