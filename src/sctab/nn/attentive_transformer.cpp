#include "sctab/nn/attentive_transformer.hpp"

#include <ATen/ATen.h>

#include <utility>

#include "sctab/nn/differentiable.hpp"

namespace sctab::nn {
namespace {

kernels::Simplex simplex(model::MaskType type) {
  return type == model::MaskType::kEntmax ? kernels::Simplex::kEntmax15 : kernels::Simplex::kSparsemax;
}

/// The values of a matrix as a tensor that shares and keeps its memory.
at::Tensor values_tensor(const std::shared_ptr<sparse::CsrMatrix>& matrix) {
  return at::from_blob(matrix->data.data(), {matrix->nnz()}, [matrix](void*) {});
}

}  // namespace

AttentiveTransformer::AttentiveTransformer(const LayerScope& scope, std::int64_t n_genes,
                                           const model::TabnetOptions& options)
    : weight_((scope / "fc").parameter("weight", scope.mapping_weight(options.n_a, n_genes))),
      bn_(scope / "bn" / "bn", n_genes,
          {.momentum = options.momentum, .virtual_batch_size = options.virtual_batch_size}),
      mask_type_(options.mask_type) {}

GeneMask AttentiveTransformer::forward(const at::Tensor& attention, const GenePrior& prior, const LayerPass& pass) {
  const kernels::Backend& kernels = *pass.kernels;
  const at::Tensor activations = attention.detach().contiguous();
  const NormStatistics used = statistics(activations, pass);
  const auto mask = std::make_shared<sparse::CsrMatrix>();
  std::vector<float> condition(static_cast<std::size_t>(activations.size(0)));
  kernels::AttentionLayer attended = layer(activations, prior, used);
  attended.condition = condition;
  kernels.attention_mask(attended, *mask);

  const at::Tensor weights = differentiable(
      values_tensor(mask), {attention, weight_, bn_.weight(), bn_.bias(), prior.values},
      [=, this, &kernels](const at::Tensor& dmask) -> std::vector<at::Tensor> {
        at::Tensor dscores = at::empty_like(dmask), dprior;
        kernels.simplex_backward(simplex(mask_type_), mask->view(), values(dmask), values(dscores));
        at::Tensor dactivations = at::zeros_like(activations), dweights = at::zeros_like(weight_);
        at::Tensor dnorm_weight = at::zeros_like(bn_.weight()), dnorm_bias = at::zeros_like(bn_.bias());
        if (prior.values.defined()) dprior = at::zeros_like(prior.values);
        kernels.attention_backward(layer(activations, prior, used), mask->view(), values(dscores),
                                   {values(dactivations), values(dweights), values(dnorm_weight), values(dnorm_bias),
                                    dprior.defined() ? values(dprior) : std::span<float>{}});
        return {dactivations, dweights, dnorm_weight, dnorm_bias, dprior};
      });
  return {mask, weights, std::move(condition)};
}

model::TabnetView::Layer AttentiveTransformer::view() const {
  return {values(weight_), bn_.running()};
}

NormStatistics AttentiveTransformer::statistics(const at::Tensor& attention, const LayerPass& pass) {
  return bn_.statistics(attention.size(0), pass, [&](auto batch_starts, auto mean, auto variance) {
    pass.kernels->score_statistics(values(attention), values(weight_), attention.size(1), batch_starts, mean, variance);
  });
}

kernels::AttentionLayer AttentiveTransformer::layer(const at::Tensor& attention, const GenePrior& prior,
                                                    const NormStatistics& statistics) const {
  return {values(attention),    values(weight_), attention.size(1),
          bn_.with(statistics), prior.view(),    simplex(mask_type_)};
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

}  // namespace sctab::nn
