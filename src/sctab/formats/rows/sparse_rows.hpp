#pragma once

#include <cstdint>
#include <memory>

#include "sctab/core/error.hpp"
#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/cell_source.hpp"

namespace sctab::rows {

using core::CellIndex;
using core::GeneIndex;

/// A sparse matrix as three arrays: offsets of cells (CSR) or genes (CSC), the other index of each value, the values.
struct SparseArrays {
  core::Problem where;  // file and matrix, for errors
  CellIndex n_cells = 0;
  GeneIndex n_genes = 0;
  std::int64_t nnz = 0;
  std::unique_ptr<arrays::NumberArray> indptr, indices, data;
};

/// Rows of a matrix whose offsets are those of cells. Throws InputError where the lengths contradict each other.
std::unique_ptr<formats::RowReader> make_csr_rows(SparseArrays matrix);
/// Rows of a matrix whose offsets are those of genes: all of it is read, and reordered by a CellSpool, at the first
/// claim. Throws InputError where the lengths or the offsets contradict each other.
std::unique_ptr<formats::RowReader> make_csc_rows(SparseArrays matrix, const formats::ReadOptions& options);

}  // namespace sctab::rows
