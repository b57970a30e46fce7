#pragma once

#include <ATen/core/Tensor.h>

namespace sctab::nn {

/// The same values, n_out × n_genes as published, in memory that holds one gene after the other: what a cell's
/// non-zeros select. Copies, conversions and gradients keep this order.
inline at::Tensor gene_major(const at::Tensor& weight) {
  return weight.t().contiguous().t();
}

}  // namespace sctab::nn
