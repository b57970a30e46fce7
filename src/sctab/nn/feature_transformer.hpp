#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "sctab/model/architecture.hpp"
#include "sctab/model/precise_tabnet.hpp"
#include "sctab/nn/batch_norm.hpp"

namespace sctab::nn {

/// A linear map to 2 × width columns, ghost batch norm, and a gate: the first half times the sigmoid of the second.
class GluLayer {
 public:
  /// weight: (2 · width) × n_in, registered by the caller, since layers of several steps may share one.
  GluLayer(const LayerScope& scope, at::Tensor weight, const BatchNormOptions& norm)
      : weight_(std::move(weight)), bn_(scope / "bn" / "bn", weight_.size(0), norm) {}

  [[nodiscard]] const at::Tensor& weight() const { return weight_; }
  /// What follows the linear map. projected: cells × (2 · width). Returns cells × width.
  at::Tensor gate(const at::Tensor& projected, const LayerPass& pass);
  /// sqrt(0.5) times the sum of x (cells × width) and the layer of x. Returns cells × width.
  at::Tensor residual(const at::Tensor& x, const LayerPass& pass);
  /// As it is in eval mode.
  [[nodiscard]] kernels::GhostNorm running_norm() const { return bn_.running(); }

 private:
  NormStatistics statistics(const at::Tensor& projected, const LayerPass& pass);
  /// From the gradient of the gated values to those of the projected ones, of batch norm's weight and of its bias.
  [[nodiscard]] std::vector<at::Tensor> gate_backward(const at::Tensor& projected, const NormStatistics& statistics,
                                                      bool has_residual, const at::Tensor& dout,
                                                      const LayerPass& pass) const;

  at::Tensor weight_;
  BatchNorm bn_;
};

/// A stack of GLU layers, n_shared ones whose weights all stacks of a network share (their batch norms are each stack's
/// own), then n_independent ones. All but the first are residual, and each sum is scaled by sqrt(0.5).
class FeatureTransformer {
 public:
  /// shares_with: the network's first stack, or null for that one itself.
  FeatureTransformer(const LayerScope& scope, std::int64_t n_genes, const model::TabnetOptions& options,
                     const FeatureTransformer* shares_with);

  /// The weights of the first layer: (2 · width) × genes.
  [[nodiscard]] const at::Tensor& gene_weight() const { return layers_.front().weight(); }
  /// projected: cells × (2 · width), the genes times gene_weight(). Returns cells × (n_d + n_a).
  at::Tensor forward(const at::Tensor& projected, const LayerPass& pass);
  /// As it is in eval mode.
  [[nodiscard]] std::vector<model::TabnetView::Layer> view() const;

 private:
  std::vector<GluLayer> layers_;
};

}  // namespace sctab::nn
