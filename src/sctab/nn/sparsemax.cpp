#include <torch/csrc/autograd/custom_function.h>

#include "sctab/nn/mask_activation.hpp"
#include "sctab/nn/simplex_rows.hpp"

namespace sctab::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The support is the longest prefix whose last entry lies above (sum − 1) / k.
double sparsemax_threshold(std::span<const double> descending) {
  double sum = 0, tau = -1, k = 0;
  for (const double u : descending) {
    k += 1;
    sum += u;
    const double tau_of_prefix = (sum - 1) / k;
    if (tau_of_prefix >= u) break;
    tau = tau_of_prefix;
  }
  return tau;
}

struct Sparsemax : torch::autograd::Function<Sparsemax> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& z) {
    at::Tensor p = map_rows_to_simplex(z, 1.0, sparsemax_threshold, [](double excess) { return excess; });
    context->save_for_backward({p});
    return p;
  }

  // dz = dp − mean of dp over the support, inside the support.
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor p = context->get_saved_variables()[0];
    const at::Tensor support = (p > 0).to(p.scalar_type());
    at::Tensor dz = gradients[0] * support;
    const at::Tensor mean = dz.sum(1, true) / support.sum(1, true);
    return {dz.sub_(support * mean)};
  }
};

}  // namespace

at::Tensor sparsemax(const at::Tensor& z) {
  return Sparsemax::apply(z);
}

}  // namespace sctab::nn
