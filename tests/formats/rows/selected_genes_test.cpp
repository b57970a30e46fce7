#include "sctab/formats/rows/selected_genes.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "formats/rows/messy_matrix.hpp"

namespace sctab::rows {
namespace {

using namespace tests;

/// The matrix with its genes renumbered, those of -1 left out.
MessyMatrix renumbered(const MessyMatrix& matrix, const std::vector<GeneIndex>& new_gene_of_old, GeneIndex n_genes) {
  MessyMatrix out{.n_cells = matrix.n_cells, .n_genes = n_genes, .values = {}};
  for (const Triplet& t : matrix.values) {
    const GeneIndex gene = new_gene_of_old[static_cast<std::size_t>(t.gene)];
    if (gene >= 0) out.values.push_back({t.cell, gene, t.value});
  }
  return out;
}

TEST(SelectedGenes, EqualTheReference) {
  core::Rng rng(9);
  const MessyMatrix matrix = messy_matrix(rng, 100, 6, 2);
  const std::vector<std::vector<GeneIndex>> selections = {
      {0, 1, 2, 3, 4, 5}, {-1, 0, -1, 1, 2, -1}, {5, 4, -1, 2, 1, 0}, {1, 1, 1, 0, 0, -1}, {-1, -1, -1, -1, -1, -1}};
  for (const auto& selection : selections) {
    SCOPED_TRACE(testing::PrintToString(selection));
    const sparse::CsrMatrix want = sums(renumbered(matrix, selection, 6));
    const auto rows = [&] { return make_selected_genes(make_csr_rows(csr_arrays(matrix)), selection, 6); };
    expect_same(read_all(*rows(), 7), want);
    expect_same(read_backwards(*rows(), 7, 3), want);
  }
}

}  // namespace
}  // namespace sctab::rows
