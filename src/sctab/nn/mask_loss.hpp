#pragma once

#include <ATen/core/Tensor.h>

namespace sctab::nn {

/// mask: cells × genes, rows on the simplex. Returns the mean over cells of sum(m · log(m + epsilon)), a scalar <= 0
/// (but for epsilon): minus the entropy. Keeps nothing but the mask for the gradient.
at::Tensor mask_loss(const at::Tensor& mask, double epsilon);

}  // namespace sctab::nn
