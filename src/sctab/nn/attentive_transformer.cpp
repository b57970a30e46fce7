#include "sctab/nn/attentive_transformer.hpp"

#include <ATen/ATen.h>

#include "sctab/nn/mask_activation.hpp"

namespace sctab::nn {

AttentiveTransformer::AttentiveTransformer(const LayerScope& scope, std::int64_t n_genes, const TabnetOptions& options)
    : weight_((scope / "fc").parameter("weight", scope.mapping_weight(options.n_a, n_genes))),
      bn_(scope / "bn", n_genes, options.virtual_batch_size, {.momentum = options.momentum}),
      mask_type_(options.mask_type) {}

at::Tensor AttentiveTransformer::forward(const at::Tensor& attention, const at::Tensor& prior, const LayerPass& pass) {
  at::Tensor scores = bn_.forward(at::linear(attention, weight_), pass);
  if (prior.defined()) scores = scores * prior;
  return mask_activation(mask_type_, scores);
}

}  // namespace sctab::nn
