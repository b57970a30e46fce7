#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/rows/sparse_rows.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::rows {

/// Throws InputError unless there are nnz indices and values, and an offset for each of n_rows (cells or genes) and for
/// the end.
void require_lengths(const SparseArrays& matrix, std::int64_t n_rows);
/// Throws InputError unless indptr ascends from 0 to nnz, and if it `is_last` ends there. first: position of indptr[0]
/// in the file.
void check_indptr(std::span<const std::int64_t> indptr, std::int64_t first, std::int64_t nnz, bool is_last,
                  const core::Problem& where);
/// Throws InputError where the indices of entries [first, …) hold a stretch of zeros as a hole in a file leaves it:
/// over and over the same cell or gene, which would be summed. Repeats are legal, and their sums meant; what is refused
/// is a run that begins behind other entries of its row or goes on into the next. offsets: where rows begin and end.
void refuse_zeroed_indices(std::span<const std::int32_t> indices, std::int64_t first,
                           std::span<const std::int64_t> offsets, const core::Problem& where);
/// Throws InputError where the first row that is not empty, behind n_empty ones that are, holds an index twice: that is
/// what a hole in the offsets makes of the rows in front of it.
void refuse_zeroed_offsets(std::int64_t n_empty, std::vector<std::int32_t> first_row, const core::Problem& where);
/// Drops zeros and, where needed, sorts rows and sums repeats.
void tidy_rows(sparse::CsrMatrix& block);

}  // namespace sctab::rows
