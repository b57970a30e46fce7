#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "sctab/kernels/backend.hpp"
#include "sctab/nn/layer_mode.hpp"

namespace sctab::nn {

/// What attention looks at, on its support alone: cells × genes, rows on the simplex.
struct GeneMask {
  std::shared_ptr<const sparse::CsrMatrix> matrix;
  at::Tensor weights;  // the matrix's values, one a non-zero, as autograd knows them

  [[nodiscard]] sparse::CsrView view() const { return matrix->view(); }
};

/// How freely each gene may still be used: see kernels::Prior.
struct GenePrior {
  float elsewhere = 1;
  std::shared_ptr<const sparse::CsrMatrix> used;  // null: nowhere yet
  at::Tensor values;                              // of used, one a non-zero, as autograd knows them

  [[nodiscard]] kernels::Prior view() const { return {elsewhere, used == nullptr ? sparse::CsrView{} : used->view()}; }
};

/// The values of a matrix as a tensor that shares and keeps its memory.
at::Tensor values_tensor(const std::shared_ptr<sparse::CsrMatrix>& matrix);

/// The mean over cells of sum(m · log(m + epsilon)), a scalar.
at::Tensor mask_loss(const GeneMask& mask, double epsilon, const LayerPass& pass);

/// The prior for the step after one with this mask.
GenePrior advance_prior(const GenePrior& prior, const GeneMask& mask, double gamma, const LayerPass& pass);

/// cells × genes, with zeros, without autograd's knowledge.
at::Tensor dense_mask(const GeneMask& mask);

}  // namespace sctab::nn
