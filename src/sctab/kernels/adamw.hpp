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

/// One step of one tensor, in one pass over its memory. All spans have the same length.
/// step: 1 for the first; gradient_scale: what clipping multiplies gradients by, see clip_scale().
void adamw_step(const AdamWOptions& options, std::int64_t step, float gradient_scale, std::span<const float> gradient,
                std::span<float> parameter, std::span<float> exp_avg, std::span<float> exp_avg_sq);

/// The sum of squares of one tensor's gradient, added in double in an order that depends on its length alone. The
/// global norm is the root of the sum over all tensors.
double sum_of_squares(std::span<const float> values);

/// min(1, max_norm / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_; NaN if the norm is.
float clip_scale(double norm, double max_norm);

}  // namespace sctab::kernels
