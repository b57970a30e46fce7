#include "sctab/nn/differentiable.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <utility>

namespace sctab::nn {
namespace {

using torch::autograd::variable_list;

class BackwardNode final : public torch::autograd::Node {
 public:
  explicit BackwardNode(Backward backward) : backward_(std::move(backward)) {}

  variable_list apply(variable_list&& gradients) override {
    TORCH_CHECK(backward_, "the gradient of an operation was asked for a second time");
    if (!gradients[0].defined()) return variable_list(num_outputs());
    variable_list result = backward_(gradients[0].contiguous());
    SCTAB_ASSERT(result.size() == num_outputs());
    return result;
  }
  void release_variables() override { backward_ = nullptr; }

 private:
  Backward backward_;
};

}  // namespace

at::Tensor differentiable(at::Tensor value, const std::vector<at::Tensor>& inputs, Backward backward) {
  if (!torch::autograd::compute_requires_grad(inputs)) return value;
  const auto node = std::make_shared<BackwardNode>(std::move(backward));
  node->set_next_edges(torch::autograd::collect_next_edges(inputs));
  torch::autograd::set_history(value, node);
  return value;
}

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
