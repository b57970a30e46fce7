#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace sctab::nn {

/// From the gradient of an operation's value to those of its inputs, in their order; an undefined one is zero.
using Backward = std::function<std::vector<at::Tensor>(const at::Tensor& gradient)>;

/// Makes `value`, which was computed from `inputs` without autograd's knowledge, differentiable with respect to them
/// (undefined ones are left out), and returns it. backward runs once, without recording; what it captured is freed
/// then. It must not capture `value` itself but value.detach(): they would keep each other alive. Where no gradient is
/// wanted it is dropped at once.
at::Tensor differentiable(at::Tensor value, const std::vector<at::Tensor>& inputs, Backward backward);

}  // namespace sctab::nn
