#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "sctab/model/architecture.hpp"
#include "sctab/nn/glu_layer.hpp"

namespace sctab::nn {

/// A stack of GLU layers, n_shared ones whose weights all stacks of a network share (their batch norms are each stack's
/// own), then n_independent ones. All but the first are residual, and each sum is scaled by sqrt(0.5).
class FeatureTransformer {
 public:
  /// shares_with: the network's first stack, or null for that one itself.
  FeatureTransformer(const LayerScope& scope, std::int64_t n_genes, const model::TabnetOptions& options,
                     const FeatureTransformer* shares_with);

  /// Of the first layer: (2 · width) × genes.
  [[nodiscard]] const at::Tensor& gene_weight() const { return layers_.front().weight(); }
  /// projected: cells × (2 · width), the genes times gene_weight(). Returns cells × (n_d + n_a).
  at::Tensor forward(const at::Tensor& projected, const LayerPass& pass);

 private:
  std::vector<GluLayer> layers_;
};

}  // namespace sctab::nn
