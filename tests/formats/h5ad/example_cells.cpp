#include "formats/h5ad/example_cells.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sctab::h5ad::tests {

float example_count(CellIndex cell, GeneIndex gene) {
  if (cell == 5 || (cell * 31 + gene * 17) % 7 != 0) return 0;
  return static_cast<float>((cell * gene) % 50 + 1);
}

sparse::CsrMatrix example_counts() {
  sparse::CsrMatrix counts;
  counts.n_genes = kGenes;
  for (CellIndex cell = 0; cell < kCells; ++cell) {
    std::vector<GeneIndex> genes;
    std::vector<float> values;
    for (GeneIndex gene = 0; gene < kGenes; ++gene) {
      if (example_count(cell, gene) == 0) continue;
      genes.push_back(gene);
      values.push_back(example_count(cell, gene));
    }
    counts.append_row(genes, values);
  }
  return counts;
}

Strings cell_names(CellIndex n) {
  Strings names;
  for (CellIndex cell = 0; cell < n; ++cell) names.push_back(fmt::format("cell{}", cell));
  return names;
}

sparse::CsrMatrix read_all(const File& file, std::string_view matrix, CellIndex block_cells,
                           const ReadOptions& options) {
  const auto rows = file.read_rows(matrix, options);
  sparse::CsrMatrix all, block;
  all.n_genes = file.matrix(matrix).n_genes;
  while (rows->next(block_cells, block)) {
    EXPECT_EQ(block.n_cells, std::min(block_cells, file.n_cells() - all.n_cells));
    EXPECT_EQ(block.indptr.size(), static_cast<std::size_t>(block.n_cells) + 1);
    for (CellIndex cell = 0; cell < block.n_cells; ++cell) {
      all.append_row(block.row(cell).indices, block.row(cell).data);
    }
  }
  EXPECT_FALSE(rows->next(block_cells, block)) << "rows after the end";
  return all;
}

void expect_same(const sparse::CsrMatrix& got, const sparse::CsrMatrix& want) {
  EXPECT_EQ(got.n_cells, want.n_cells);
  EXPECT_EQ(got.n_genes, want.n_genes);
  EXPECT_EQ(got.indptr, want.indptr);
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_EQ(got.data, want.data);
}

}  // namespace sctab::h5ad::tests
