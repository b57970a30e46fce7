#include "sctab/nn/feature_transformer.hpp"

#include "sctab/nn/gene_major.hpp"

namespace sctab::nn {

FeatureTransformer::FeatureTransformer(const LayerScope& scope, std::int64_t n_genes,
                                       const model::TabnetOptions& options, const FeatureTransformer* shares_with) {
  const std::int64_t width = options.n_d + options.n_a;
  const BatchNormOptions norm{.momentum = options.momentum};
  const auto new_weight = [&] {
    return layers_.empty() ? gene_major(scope.glu_weight(n_genes, 2 * width)) : scope.glu_weight(width, 2 * width);
  };

  for (std::int64_t i = 0; i < options.n_shared; ++i) {
    const LayerScope shared = scope / "shared" / "shared_layers" / i, layer = scope / "shared" / "glu_layers" / i;
    at::Tensor weight;
    if (shares_with == nullptr) {
      weight = shared.parameter("weight", new_weight());
    } else {
      weight = shares_with->layers_[static_cast<std::size_t>(i)].weight();
      shared.tie("weight", weight);
    }
    (layer / "fc").tie("weight", weight);
    layers_.emplace_back(layer, weight, options.virtual_batch_size, norm);
  }
  for (std::int64_t i = 0; i < options.n_independent; ++i) {
    const LayerScope layer = scope / "specifics" / "glu_layers" / i;
    const at::Tensor weight = (layer / "fc").parameter("weight", new_weight());
    layers_.emplace_back(layer, weight, options.virtual_batch_size, norm);
  }
}

at::Tensor FeatureTransformer::forward(const at::Tensor& projected, const LayerPass& pass) {
  at::Tensor x = layers_.front().gate(projected, pass);
  for (std::size_t i = 1; i < layers_.size(); ++i) x = layers_[i].residual(x, pass);
  return x;
}

}  // namespace sctab::nn
