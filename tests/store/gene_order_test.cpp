#include "sctab/store/gene_order.hpp"

#include <gtest/gtest.h>

#include "sctab/core/rng.hpp"

namespace sctab::store {
namespace {

TEST(GeneMeans, OrdersByMeanOfLogNormalisedCounts) {
  // Gene 2 has the most counts, all in one deep cell; gene 1 has more of each cell's share on average.
  GeneMeans means(4);
  const std::vector<GeneIndex> deep_genes = {1, 2}, shallow_genes = {1};
  const std::vector<float> deep = {10, 9000}, shallow = {5};
  means.add({deep_genes, deep});
  means.add({shallow_genes, shallow});
  EXPECT_EQ(means.descending(), (std::vector<GeneIndex>{1, 2, 0, 3}));  // 0 and 3 are equal and stay in order
}

TEST(GeneReorderer, RenumbersAndSorts) {
  core::Rng rng(3);
  const GeneIndex n_genes = 200;
  std::vector<GeneIndex> new_of_old(static_cast<std::size_t>(n_genes));
  for (GeneIndex i = 0; i < n_genes; ++i) new_of_old[static_cast<std::size_t>(i)] = i;
  rng.shuffle(std::span(new_of_old));
  GeneReorderer reorderer(new_of_old);
  sparse::CsrMatrix matrix;
  matrix.n_genes = n_genes;
  const std::vector<GeneIndex> genes = {0, 63, 64, 127, 128, 199};
  const std::vector<float> counts = {1, 2, 3, 4, 5, 6};
  reorderer.append(genes, counts, matrix);
  reorderer.append({}, {}, matrix);
  reorderer.append(genes, counts, matrix);  // nothing is left over from the first
  ASSERT_EQ(matrix.indptr, (std::vector<std::int64_t>{0, 6, 6, 12}));
  for (const core::CellIndex row : {0, 2}) {
    std::vector<float> dense(static_cast<std::size_t>(n_genes));
    const auto view = matrix.row(row);
    EXPECT_TRUE(std::is_sorted(view.indices.begin(), view.indices.end()));
    for (std::size_t i = 0; i < 6; ++i) dense[static_cast<std::size_t>(view.indices[i])] = view.data[i];
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(dense[static_cast<std::size_t>(new_of_old[static_cast<std::size_t>(genes[i])])], counts[i]);
    }
  }
}

}  // namespace
}  // namespace sctab::store
