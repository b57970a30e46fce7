#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "sctab/core/error.hpp"

namespace sctab::nn {

/// A tensor's values as the kernels take them, row-major: float32, contiguous, on the CPU.
inline std::span<float> values(const at::Tensor& tensor) {
  SCTAB_ASSERT(tensor.scalar_type() == at::kFloat && tensor.is_contiguous() && tensor.device().is_cpu());
  return {static_cast<float*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.numel())};
}

/// The same in the order of memory, for operations on each value alone.
inline std::span<float> values_in_memory(const at::Tensor& tensor) {
  SCTAB_ASSERT(tensor.scalar_type() == at::kFloat && tensor.is_non_overlapping_and_dense() && tensor.device().is_cpu());
  return {static_cast<float*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.numel())};
}

/// From the gradient of an operation's value to those of its inputs, in their order; an undefined one is zero.
using Backward = std::function<std::vector<at::Tensor>(const at::Tensor& gradient)>;

/// Makes `value`, which was computed from `inputs` without autograd's knowledge, differentiable with respect to them
/// (undefined ones are left out), and returns it. backward runs once, without recording; what it captured is freed
/// then. It must not capture `value` itself but value.detach(): they would keep each other alive. Where no gradient is
/// wanted it is dropped at once.
at::Tensor differentiable(at::Tensor value, const std::vector<at::Tensor>& inputs, Backward backward);

/// A tensor that several operations of one pass read. Their gradients are added up in one array of its size instead of
/// one each: the gene weights' are 30 MB.
///
/// An operation names token() among the inputs of differentiable() where it reads the tensor. Its backward pass adds to
/// gradient() and returns spent() for the token; the sum goes on to the tensor when the last of them is done.
class SharedInput {
 public:
  explicit SharedInput(const at::Tensor& tensor);

  [[nodiscard]] const at::Tensor& token() const { return token_; }
  /// Has the tensor's shape and memory order; zero at first. Shared by copies of this object.
  [[nodiscard]] const at::Tensor& gradient() const;
  static at::Tensor spent();

 private:
  at::Tensor like_, token_;
  std::shared_ptr<at::Tensor> gradient_;
};

}  // namespace sctab::nn
