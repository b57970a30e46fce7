#pragma once

#include <span>

#include "sctab/sparse/csr.hpp"

namespace sctab::kernels {

/// Sums of every gene over the cells. x: (n_cells × n_genes); sums: n_genes, overwritten. Added in double, in an order
/// that depends on the shape of x alone.
void column_sums(sparse::CsrView x, std::span<float> sums);

/// Mean and biased variance of every gene over the cells, zeros included: what the initial batch norm needs of a batch.
/// x: (n_cells × n_genes), n_cells >= 1; mean, variance: n_genes. Added as column_sums().
void column_moments(sparse::CsrView x, std::span<float> mean, std::span<float> variance);

}  // namespace sctab::kernels
