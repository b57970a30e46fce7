#pragma once

#include <cstdint>
#include <span>

#include "sctab/sparse/csr.hpp"

namespace sctab::kernels {

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
