#include "sctab/nn/shared_input.hpp"

#include <ATen/ATen.h>

#include <utility>

#include "sctab/nn/differentiable.hpp"

namespace sctab::nn {

SharedInput::SharedInput(const at::Tensor& tensor) : like_(tensor.detach()), gradient_(std::make_shared<at::Tensor>()) {
  token_ = differentiable(at::zeros({1}), {tensor}, [gradient = gradient_](const at::Tensor& /*token's*/) {
    return std::vector<at::Tensor>{std::exchange(*gradient, at::Tensor())};
  });
}

const at::Tensor& SharedInput::gradient() const {
  if (!gradient_->defined()) *gradient_ = at::zeros_like(like_);
  return *gradient_;
}

at::Tensor SharedInput::spent() {
  return at::zeros({1});
}

}  // namespace sctab::nn
