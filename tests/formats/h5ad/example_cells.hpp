#pragma once

#include <filesystem>
#include <vector>

#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/sparse/csr.hpp"
#include "support/gene_id.hpp"

namespace sctab::h5ad::tests {

using namespace formats;

inline constexpr CellIndex kCells = 137;
inline constexpr GeneIndex kGenes = 53;

/// The count of every example file, in C++ and in example_files.py: about a seventh is not zero; cell 5 is empty.
float example_count(CellIndex cell, GeneIndex gene);
sparse::CsrMatrix example_counts();

/// "cell0", "cell1" …
Strings cell_names(CellIndex n = kCells);
/// "ENSG00000000000" …
inline Strings example_genes(GeneIndex n = kGenes) {
  return sctab::tests::gene_ids(n, 0);
}

/// All rows, asked for `block_cells` at a time. Checks the sizes of the blocks on the way.
sparse::CsrMatrix read_all(const File& file, std::string_view matrix, CellIndex block_cells = 30,
                           const ReadOptions& options = {});

/// Expects the same shape and values, NaN failing.
void expect_same(const sparse::CsrMatrix& got, const sparse::CsrMatrix& want);

}  // namespace sctab::h5ad::tests
