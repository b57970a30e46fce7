#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "sctab/kernels/backend.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/model/precise_tabnet.hpp"
#include "sctab/nn/batch_norm.hpp"

namespace sctab::nn {

/// What attention looks at, on its support alone: cells × genes, rows on the simplex.
struct GeneMask {
  std::shared_ptr<const sparse::CsrMatrix> matrix;
  at::Tensor weights;            // the matrix's values, one a non-zero, as autograd knows them
  std::vector<float> condition;  // each cell's kernels::simplex_condition()

  [[nodiscard]] sparse::CsrView view() const { return matrix->view(); }
};

/// How freely each gene may still be used: see kernels::Prior.
struct GenePrior {
  float elsewhere = 1;
  std::shared_ptr<const sparse::CsrMatrix> used;  // null: nowhere yet
  at::Tensor values;                              // of used, one a non-zero, as autograd knows them

  [[nodiscard]] kernels::Prior view() const { return {elsewhere, used == nullptr ? sparse::CsrView{} : used->view()}; }
};

/// The mean over cells of sum(m · log(m + epsilon)), a scalar.
at::Tensor mask_loss(const GeneMask& mask, double epsilon, const LayerPass& pass);

/// The prior for the step after one with this mask.
GenePrior advance_prior(const GenePrior& prior, const GeneMask& mask, double gamma, const LayerPass& pass);

/// Which genes a step looks at: scores from the step before, ghost batch norm, the prior, entmax or sparsemax.
class AttentiveTransformer {
 public:
  AttentiveTransformer(const LayerScope& scope, std::int64_t n_genes, const model::TabnetOptions& options);
  /// attention: cells × n_a. By pass.kernels, with no cells × genes array.
  GeneMask forward(const at::Tensor& attention, const GenePrior& prior, const LayerPass& pass);
  /// As it is in eval mode.
  [[nodiscard]] model::TabnetView::Layer view() const;

 private:
  NormStatistics statistics(const at::Tensor& attention, const LayerPass& pass);
  /// What the mask is a function of, as the kernels take it; the arguments must outlive it.
  [[nodiscard]] kernels::AttentionLayer layer(const at::Tensor& attention, const GenePrior& prior,
                                              const NormStatistics& statistics) const;

  at::Tensor weight_;  // genes × n_a
  BatchNorm bn_;
  model::MaskType mask_type_;
};

}  // namespace sctab::nn
