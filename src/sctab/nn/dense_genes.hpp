#pragma once

#include <ATen/core/Tensor.h>

#include "sctab/nn/attentive_transformer.hpp"

namespace sctab::nn {

/// The input of one pass of TabNet, and all that has as many columns as genes, by torch on dense arrays: slow, and what
/// SparseGenes must equal.
class DenseGenes {
 public:
  using Mask = at::Tensor;   // cells × genes
  using Prior = at::Tensor;  // cells × genes; undefined: 1 everywhere

  /// x: cells × genes.
  DenseGenes(const at::Tensor& x, BatchNorm& initial_bn, const LayerPass& pass);

  /// The normalised genes times a first layer's weight, (2 · width) × genes. Returns cells × (2 · width).
  [[nodiscard]] at::Tensor project(const at::Tensor& weight) const;
  /// The same of the genes seen through a mask.
  [[nodiscard]] at::Tensor project(const at::Tensor& weight, const Mask& mask) const;
  [[nodiscard]] Mask attend(AttentiveTransformer& transformer, const at::Tensor& attention, const Prior& prior) const;

 private:
  at::Tensor genes_;
  LayerPass pass_;
};

/// As those of GeneMask.
at::Tensor mask_loss(const at::Tensor& mask, double epsilon, const LayerPass& pass);
at::Tensor advance_prior(const at::Tensor& prior, const at::Tensor& mask, double gamma, const LayerPass& pass);
inline at::Tensor dense_mask(const at::Tensor& mask) {
  return mask;
}

}  // namespace sctab::nn
