#include "sctab/nn/differentiable.hpp"

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include "sctab/core/error.hpp"

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

}  // namespace sctab::nn
