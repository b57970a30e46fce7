#pragma once

#include <span>

#include "sctab/sparse/csr.hpp"

namespace sctab::kernels {

/// The mean over cells of sum(m · log(m + epsilon)) over a mask's non-zeros: minus its entropy. Added in double, in an
/// order that depends on the mask alone. mask: at least one cell.
double mask_loss(sparse::CsrView mask, double epsilon);

/// Adds `dloss` times the gradient of mask_loss() to dmask, one a non-zero.
void mask_loss_backward(sparse::CsrView mask, double epsilon, double dloss, std::span<float> dmask);

}  // namespace sctab::kernels
