#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/rows/sparse_rows.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::rows::tests {

struct Triplet {
  CellIndex cell;
  GeneIndex gene;
  float value;
};

/// Values in any order: repeats, zeros, sums that are zero, empty cells and genes.
struct MessyMatrix {
  CellIndex n_cells = 0;
  GeneIndex n_genes = 0;
  std::vector<Triplet> values;
};
MessyMatrix messy_matrix(core::Rng& rng, CellIndex n_cells, GeneIndex n_genes, double density);

/// What every reader must give, by plain loops.
sparse::CsrMatrix sums(const MessyMatrix& matrix);

/// As CSR or CSC, in the order of `values` within a cell or gene.
SparseArrays csr_arrays(const MessyMatrix& matrix);
SparseArrays csc_arrays(const MessyMatrix& matrix);

/// All rows, asked for `block_cells` at a time. Checks the blocks on the way.
sparse::CsrMatrix read_all(formats::RowReader& rows, CellIndex block_cells);
/// All rows by `threads` at once, the last claimed first.
sparse::CsrMatrix read_backwards(formats::RowReader& rows, CellIndex block_cells, int threads);
/// Expects the same shape and values, NaN failing.
void expect_same(const sparse::CsrMatrix& got, const sparse::CsrMatrix& want);

}  // namespace sctab::rows::tests
