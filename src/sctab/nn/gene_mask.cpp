#include "sctab/nn/gene_mask.hpp"

#include <ATen/ATen.h>

#include "sctab/nn/differentiable.hpp"
#include "sctab/nn/spans.hpp"
#include "sctab/nn/torch_runtime.hpp"

namespace sctab::nn {

at::Tensor values_tensor(const std::shared_ptr<sparse::CsrMatrix>& matrix) {
  return at::from_blob(matrix->data.data(), {matrix->nnz()}, [matrix](void*) {});
}

at::Tensor mask_loss(const GeneMask& mask, double epsilon, const LayerPass& pass) {
  const kernels::Backend& kernels = *pass.kernels;
  const at::Tensor loss = at::full({}, kernels.mask_loss(mask.view(), epsilon));
  return differentiable(loss, {mask.weights},
                        [matrix = mask.matrix, epsilon, &kernels](const at::Tensor& dloss) -> std::vector<at::Tensor> {
                          at::Tensor dweights = at::zeros({matrix->nnz()});
                          kernels.mask_loss_backward(matrix->view(), epsilon, dloss.item<double>(), values(dweights));
                          return {dweights};
                        });
}

GenePrior advance_prior(const GenePrior& prior, const GeneMask& mask, double gamma, const LayerPass& pass) {
  const kernels::Backend& kernels = *pass.kernels;
  const auto factor = static_cast<float>(gamma);
  const auto used = std::make_shared<sparse::CsrMatrix>();
  kernels.advance_prior(prior.view(), mask.view(), factor, *used);
  const at::Tensor used_values = differentiable(
      values_tensor(used), {mask.weights, prior.values},
      [=, before = prior, matrix = mask.matrix, &kernels](const at::Tensor& dused) -> std::vector<at::Tensor> {
        at::Tensor dmask = at::zeros({matrix->nnz()}), dbefore;
        if (before.used != nullptr) dbefore = at::zeros({before.used->nnz()});
        kernels.advance_prior_backward(before.view(), matrix->view(), factor, used->view(), values(dused),
                                       values(dmask), dbefore.defined() ? values(dbefore) : std::span<float>{});
        return {dmask, dbefore};
      });
  return {prior.elsewhere * factor, used, used_values};
}

at::Tensor dense_mask(const GeneMask& mask) {
  return dense_tensor(mask.view());
}

}  // namespace sctab::nn
