#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

namespace sctab::nn {

/// A tensor that several operations of one pass read. Their gradients are added up in one array of its size instead of
/// one each: the gene weights' are 30 MB.
///
/// An operation names token() among the inputs of differentiable() where it reads the tensor. Its backward pass adds to
/// gradient() and returns spent() for the token; the sum goes on to the tensor when the last of them is done.
class SharedInput {
 public:
  explicit SharedInput(const at::Tensor& tensor);

  [[nodiscard]] const at::Tensor& token() const { return token_; }
  /// Of the tensor's shape and memory order, zero at first. Shared by copies of this object.
  [[nodiscard]] const at::Tensor& gradient() const;
  static at::Tensor spent();

 private:
  at::Tensor like_, token_;
  std::shared_ptr<at::Tensor> gradient_;
};

}  // namespace sctab::nn
