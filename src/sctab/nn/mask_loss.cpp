#include "sctab/nn/mask_loss.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace sctab::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct MaskLoss : torch::autograd::Function<MaskLoss> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& mask, double epsilon) {
    context->save_for_backward({mask});
    context->saved_data["epsilon"] = epsilon;
    return mask.add(epsilon).log_().mul_(mask).sum(1).mean();
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor mask = context->get_saved_variables()[0];
    const at::Tensor shifted = mask.add(context->saved_data["epsilon"].toDouble());
    const at::Tensor slope = (mask / shifted).add_(shifted.log());
    return {slope.mul_(gradients[0] / static_cast<double>(mask.size(0))), Variable()};
  }
};

}  // namespace

at::Tensor mask_loss(const at::Tensor& mask, double epsilon) {
  return MaskLoss::apply(mask, epsilon);
}

}  // namespace sctab::nn
