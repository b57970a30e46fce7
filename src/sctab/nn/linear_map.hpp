#pragma once

#include <ATen/core/Tensor.h>

#include "sctab/nn/layer_mode.hpp"

namespace sctab::nn {

/// x · weightᵀ (+ bias, where it is defined), for the layers after the first. x: cells × n_in; weight: n_out × n_in;
/// bias: n_out. Returns cells × n_out. With pass.kernels the same bits for any number of threads.
at::Tensor linear_map(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const LayerPass& pass);

}  // namespace sctab::nn
