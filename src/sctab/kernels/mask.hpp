#pragma once

#include <span>

#include "sctab/sparse/csr.hpp"

namespace sctab::kernels {

/// How freely each gene may still be used at a step: the product of (gamma - mask) over the earlier steps. That is
/// gamma^step but where an earlier mask looked.
struct Prior {
  float elsewhere = 1;
  sparse::CsrView used;  // n_cells × n_genes: the prior in the union of the earlier supports; no cells: nowhere
};

/// prior · (gamma - mask) at the union of both supports, for the step after. mask: (n_cells × n_genes). The value
/// elsewhere is prior.elsewhere · gamma.
void advance_prior(const Prior& prior, sparse::CsrView mask, float gamma, sparse::CsrMatrix& used_next);

/// dused_next: the gradient of used_next's values. Adds to dmask (one a non-zero of mask) and, if that is not empty, to
/// dused (one a non-zero of prior.used).
void advance_prior_backward(const Prior& prior, sparse::CsrView mask, float gamma, sparse::CsrView used_next,
                            std::span<const float> dused_next, std::span<float> dmask, std::span<float> dused);

/// The mean over cells of sum(m · log(m + epsilon)) over a mask's non-zeros: minus its entropy. Added in double, in an
/// order that depends on the mask alone. mask: at least one cell.
double mask_loss(sparse::CsrView mask, double epsilon);

/// Adds `dloss` times the gradient of mask_loss() to dmask, one a non-zero.
void mask_loss_backward(sparse::CsrView mask, double epsilon, double dloss, std::span<float> dmask);

}  // namespace sctab::kernels
