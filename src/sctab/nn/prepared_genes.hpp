#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <utility>
#include <vector>

#include "sctab/kernels/half_gene_layer.hpp"
#include "sctab/nn/attentive_transformer.hpp"

namespace sctab::nn {

/// A first layer made ready once for many batches of inference, with the weights and running statistics as they are
/// then: the initial batch norm folded, what all cells share projected, the weights at float or half precision.
class PreparedLayer {
 public:
  /// weight: n_out × genes, gene_major(). initial_bn: null where there is none.
  PreparedLayer(const at::Tensor& weight, const BatchNorm* initial_bn, kernels::Precision precision);

  /// The (normalised) genes times the weight. Returns cells × n_out.
  [[nodiscard]] at::Tensor project(sparse::CsrView x, const kernels::Backend& kernels) const;
  /// The same of the genes seen through a mask.
  [[nodiscard]] at::Tensor project(sparse::CsrView x, const GeneMask& mask, const kernels::Backend& kernels) const;

 private:
  at::Tensor scale_, shift_, weight_;  // genes; genes; genes × n_out
  std::vector<float> constant_;        // n_out
  std::optional<kernels::HalfGeneLayer> half_;

  [[nodiscard]] kernels::GeneLayer view() const;
};

/// TabNet's first layers, by weight: all steps share one, as a rule.
using PreparedLayers = std::vector<std::pair<at::Tensor, PreparedLayer>>;

/// The input of one pass of inference over prepared layers: as SparseGenes, without gradients.
class PreparedGenes {
 public:
  using Mask = GeneMask;
  using Prior = GenePrior;

  PreparedGenes(sparse::CsrView x, const PreparedLayers& layers, const LayerPass& pass)
      : x_(x), layers_(&layers), pass_(pass) {}

  [[nodiscard]] at::Tensor project(const at::Tensor& weight) const;
  [[nodiscard]] at::Tensor project(const at::Tensor& weight, const Mask& mask) const;
  [[nodiscard]] Mask attend(AttentiveTransformer& transformer, const at::Tensor& attention, const Prior& prior) const {
    return transformer.forward(attention, prior, pass_);
  }

 private:
  [[nodiscard]] const PreparedLayer& layer_of(const at::Tensor& weight) const;

  sparse::CsrView x_;
  const PreparedLayers* layers_;
  LayerPass pass_;
};

}  // namespace sctab::nn
