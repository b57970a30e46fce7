#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "sctab/model/architecture.hpp"
#include "sctab/nn/gene_mask.hpp"
#include "sctab/nn/ghost_batch_norm.hpp"

namespace sctab::nn {

/// Which genes a step looks at: scores from the step before, ghost batch norm, the prior, entmax or sparsemax.
class AttentiveTransformer {
 public:
  AttentiveTransformer(const LayerScope& scope, std::int64_t n_genes, const model::TabnetOptions& options);
  /// attention: cells × n_a. prior: cells × genes, how freely each gene may still be used; undefined = 1 everywhere.
  /// Returns the mask, cells × genes, rows on the simplex.
  at::Tensor forward(const at::Tensor& attention, const at::Tensor& prior, const LayerPass& pass);
  /// The same by pass.kernels, with no cells × genes array.
  GeneMask forward(const at::Tensor& attention, const GenePrior& prior, const LayerPass& pass);

  /// Packs the weights as they are now, for many batches of inference; nullopt: no longer.
  void prepare(std::optional<kernels::Precision> precision);

 private:
  NormStatistics statistics(const at::Tensor& attention, const LayerPass& pass);
  /// What the mask is a function of, as the kernels take it; the arguments must outlive it.
  [[nodiscard]] kernels::AttentionLayer layer(const at::Tensor& attention, const GenePrior& prior,
                                              const NormStatistics& statistics) const;

  at::Tensor weight_;  // genes × n_a
  GhostBatchNorm bn_;
  model::MaskType mask_type_;
  std::optional<kernels::AttentionPanels> panels_;  // where prepared
};

}  // namespace sctab::nn
