#include "sctab/sparse/csr.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/random_csr.hpp"

namespace sctab::sparse {
namespace {

using testing::ElementsAre;

TEST(CsrMatrix, AppendsRows) {
  CsrMatrix matrix;
  matrix.clear(5);
  matrix.append_row(std::vector<GeneIndex>{1, 4}, std::vector<float>{2, 3});
  matrix.append_row({}, {});
  EXPECT_EQ(matrix.n_cells, 2);
  EXPECT_EQ(matrix.nnz(), 2);
  EXPECT_THAT(matrix.indptr, ElementsAre(0, 2, 2));
  EXPECT_TRUE(matrix.row(1).indices.empty());
}

TEST(CsrMatrix, EmptyHasNoNonZeros) {
  const CsrMatrix empty;
  EXPECT_EQ(empty.nnz(), 0);
  EXPECT_EQ(empty.view().nnz(), 0);
}

TEST(StrictlyAscending, RefusesFallsAndRepeatsAnywhere) {
  using Genes = std::vector<GeneIndex>;
  for (const Genes& genes : {Genes{}, Genes{7}, Genes{0, 2, 3}}) EXPECT_TRUE(strictly_ascending(genes));
  for (const Genes& genes : {Genes{0, 0, 1}, Genes{0, 1, 1}, Genes{2, 1}, Genes{0, 3, 2}}) {
    EXPECT_FALSE(strictly_ascending(genes));
  }
}

TEST(SortAndSum, SortsRowsAndSumsRepeats) {
  CsrMatrix matrix{
      .n_cells = 3, .n_genes = 4, .indptr = {0, 4, 4, 6}, .indices = {3, 1, 3, 0, 0, 2}, .data = {1, 2, 4, 8, 5, 6}};
  sort_and_sum(matrix);
  EXPECT_THAT(matrix.indptr, ElementsAre(0, 3, 3, 5));
  EXPECT_THAT(matrix.indices, ElementsAre(0, 1, 3, 0, 2));
  EXPECT_THAT(matrix.data, ElementsAre(8, 2, 5, 5, 6));
}

TEST(SortAndSum, LeavesSortedRowsAlone) {
  core::Rng rng(1);
  CsrMatrix matrix = tests::random_counts(rng, 20, 129, 0.3);
  const CsrMatrix before = matrix;
  sort_and_sum(matrix);
  EXPECT_EQ(matrix.indptr, before.indptr);
  EXPECT_EQ(matrix.indices, before.indices);
  EXPECT_EQ(matrix.data, before.data);
}

TEST(ToDense, PutsEveryValueInItsPlace) {
  const CsrMatrix matrix{.n_cells = 2, .n_genes = 3, .indptr = {0, 1, 3}, .indices = {2, 0, 1}, .data = {7, 8, 9}};
  std::vector<float> dense(6, -1);
  to_dense(matrix.view(), dense);
  EXPECT_THAT(dense, ElementsAre(0, 0, 7, 8, 9, 0));
}

}  // namespace
}  // namespace sctab::sparse
