#pragma once

#include <cstdint>
#include <span>

#include "sctab/sparse/csr.hpp"

// Products of a CSR matrix with dense ones, and what their gradients take.
namespace sctab::kernels {

/// out_i = sum over the non-zeros of x_i of x_ij · weights_j: the first layer of every network, without a dense input.
/// x: (n_rows × n_columns) CSR; weights: n_columns × width, row-major (gene-major for a network's weights); out: n_rows
/// × width, row-major, overwritten.
void csr_projection(sparse::CsrView x, std::span<const float> weights, std::int64_t width, std::span<float> out);

/// csr_projection() added to what `out` holds.
void csr_projection_add(sparse::CsrView x, std::span<const float> weights, std::int64_t width, std::span<float> out);

/// The transpose of a CSR matrix, by a stable counting sort, so that rows stay sorted. It is what turns csr_projection
/// into its own gradient: dweights = csr_projection(transpose(x), dout). Reuses the memory of `out`.
void csr_transpose(sparse::CsrView x, sparse::CsrMatrix& out);

/// left · rightᵀ at the non-zeros of a pattern alone: values[p] = left_i · right_j for the p-th non-zero (i, j).
/// pattern: (n_rows × n_columns), its data unused; left: n_rows × width; right: n_columns × width, both row-major;
/// values: one a non-zero, in the pattern's order.
void sampled_product(sparse::CsrView pattern, std::span<const float> left, std::span<const float> right,
                     std::int64_t width, std::span<float> values);

/// Rows [first, last) of a matrix as one of their own, which shares its arrays.
inline sparse::CsrView rows_of(const sparse::CsrView& x, std::int64_t first, std::int64_t last) {
  const auto n = static_cast<std::size_t>(last - first);
  return {last - first, x.n_genes, x.indptr.subspan(static_cast<std::size_t>(first), n + 1), x.indices, x.data};
}

/// The same pattern with other values; its first non-zero must be at 0 of its arrays.
inline sparse::CsrView with_values(const sparse::CsrView& pattern, std::span<const float> values) {
  SCTAB_ASSERT(pattern.indptr.empty() || (pattern.indptr[0] == 0 && std::ssize(values) == pattern.nnz()));
  return {pattern.n_cells, pattern.n_genes, pattern.indptr, pattern.indices, values};
}

/// Where a row begins in arrays of one value a non-zero.
inline std::size_t row_begin(const sparse::CsrView& x, std::int64_t row) {
  return static_cast<std::size_t>(x.indptr[static_cast<std::size_t>(row)] - x.indptr[0]);
}

}  // namespace sctab::kernels
