#include "sctab/nn/feature_transformer.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "sctab/kernels/backend.hpp"
#include "sctab/nn/differentiable.hpp"

namespace sctab::nn {

at::Tensor GluLayer::gate(const at::Tensor& projected, const LayerPass& pass) {
  const at::Tensor input = projected.detach();
  const NormStatistics used = statistics(input, pass);
  at::Tensor out = at::empty({input.size(0), bn_.width() / 2});
  pass.kernels->gated_norm(values(input), bn_.with(used), {}, values(out));
  return differentiable(out, {projected, bn_.weight(), bn_.bias()}, [this, input, used, pass](const at::Tensor& dout) {
    return gate_backward(input, used, false, dout, pass);
  });
}

at::Tensor GluLayer::residual(const at::Tensor& x, const LayerPass& pass) {
  const kernels::Backend& kernels = *pass.kernels;
  const at::Tensor input = x.detach(), weights = weight_.detach();
  const std::int64_t n_cells = input.size(0), width = input.size(1);
  const at::Tensor projected = at::empty({n_cells, bn_.width()});
  kernels.product_transposed(values(input), values(weights), width, values(projected));
  const NormStatistics used = statistics(projected, pass);
  at::Tensor out = at::empty_like(input);
  kernels.gated_norm(values(projected), bn_.with(used), values(input), values(out));

  return differentiable(out, {x, weight_, bn_.weight(), bn_.bias()},
                        [=, this, &kernels](const at::Tensor& dout) -> std::vector<at::Tensor> {
                          const std::vector<at::Tensor> of_gate = gate_backward(projected, used, true, dout, pass);
                          // The residual's share, to which the layer's is added.
                          at::Tensor dinput = dout.clone(), dweights = at::empty_like(weights);
                          kernels.product(values(of_gate[0]), values(weights), bn_.width(),
                                          static_cast<float>(std::sqrt(0.5)), values(dinput));
                          kernels.transposed_product(values(of_gate[0]), values(input), n_cells, values(dweights));
                          return {dinput, dweights, of_gate[1], of_gate[2]};
                        });
}

NormStatistics GluLayer::statistics(const at::Tensor& projected, const LayerPass& pass) {
  return bn_.statistics(projected.size(0), pass, [&](auto batch_starts, auto mean, auto variance) {
    pass.kernels->column_statistics(values(projected), projected.size(1), batch_starts, mean, variance);
  });
}

std::vector<at::Tensor> GluLayer::gate_backward(const at::Tensor& projected, const NormStatistics& statistics,
                                                bool has_residual, const at::Tensor& dout,
                                                const LayerPass& pass) const {
  at::Tensor dprojected = at::empty_like(projected);
  at::Tensor dweight = at::zeros({projected.size(1)}), dbias = at::zeros({projected.size(1)});
  pass.kernels->gated_norm_backward(values(projected), bn_.with(statistics), has_residual, values(dout),
                                    {values(dprojected), values(dweight), values(dbias)});
  return {dprojected, dweight, dbias};
}

FeatureTransformer::FeatureTransformer(const LayerScope& scope, std::int64_t n_genes,
                                       const model::TabnetOptions& options, const FeatureTransformer* shares_with) {
  const std::int64_t width = options.n_d + options.n_a;
  const BatchNormOptions norm{.momentum = options.momentum, .virtual_batch_size = options.virtual_batch_size};
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
    layers_.emplace_back(layer, weight, norm);
  }
  for (std::int64_t i = 0; i < options.n_independent; ++i) {
    const LayerScope layer = scope / "specifics" / "glu_layers" / i;
    const at::Tensor weight = (layer / "fc").parameter("weight", new_weight());
    layers_.emplace_back(layer, weight, norm);
  }
}

at::Tensor FeatureTransformer::forward(const at::Tensor& projected, const LayerPass& pass) {
  at::Tensor x = layers_.front().gate(projected, pass);
  for (std::size_t i = 1; i < layers_.size(); ++i) x = layers_[i].residual(x, pass);
  return x;
}

std::vector<model::TabnetView::Layer> FeatureTransformer::view() const {
  std::vector<model::TabnetView::Layer> layers;
  for (const GluLayer& layer : layers_) {
    const at::Tensor weight = layer.weight().detach();
    layers.push_back({values(layers.empty() ? weight.t() : weight), layer.running_norm()});
  }
  return layers;
}

}  // namespace sctab::nn
