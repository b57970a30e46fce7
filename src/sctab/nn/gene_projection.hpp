#pragma once

#include <ATen/core/Tensor.h>

namespace sctab::nn {

/// The two products with as many columns as genes, where nearly all of TabNet's arithmetic is.
/// x: cells × genes, after the initial batch norm. weight: n_out × genes. Returns cells × n_out.
at::Tensor gene_projection(const at::Tensor& x, const at::Tensor& weight);

/// As gene_projection(), of x seen through a mask (cells × genes) that is zero for most genes.
at::Tensor masked_gene_projection(const at::Tensor& x, const at::Tensor& mask, const at::Tensor& weight);

}  // namespace sctab::nn
