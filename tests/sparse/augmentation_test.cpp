#include "sctab/sparse/augmentation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sctab/sparse/normalise.hpp"
#include "support/random_csr.hpp"

namespace sctab::sparse {
namespace {

TEST(Augment, EqualsTheDenseDefinition) {
  core::Rng rng(1);
  constexpr GeneIndex kGenes = 129;
  CsrMatrix cells = tests::random_counts(rng, 30, kGenes, 0.2);
  log_normalise(cells);
  CsrMatrix vectors = tests::random_counts(rng, 5, kGenes, 0.3);
  for (float& value : vectors.data) value = static_cast<float>(3 * rng.normal());
  std::vector<std::int64_t> index;
  std::vector<float> sign;
  for (CellIndex cell = 0; cell < cells.n_cells; ++cell) {
    index.push_back(static_cast<std::int64_t>(rng.below(5)));
    sign.push_back(rng.uniform() < 0.5 ? -1.0F : 1.0F);
  }
  const CsrMatrix got = augment(cells.view(), vectors.view(), index, sign);

  std::vector<float> x(30 * kGenes);
  std::vector<float> v(5 * kGenes);
  std::vector<float> dense(30 * kGenes);
  to_dense(cells.view(), x);
  to_dense(vectors.view(), v);
  to_dense(got.view(), dense);
  for (std::size_t i = 0; i < dense.size(); ++i) {
    const std::size_t cell = i / kGenes;
    const float sum = x[i] + sign[cell] * v[static_cast<std::size_t>(index[cell]) * kGenes + i % kGenes];
    EXPECT_EQ(dense[i], std::clamp(sum, 0.0F, 9.0F)) << i;
  }
  EXPECT_EQ(std::count(got.data.begin(), got.data.end(), 0.0F), 0);
}

TEST(Augment, TakesEmptyCellsAndEmptyVectors) {
  const CsrMatrix cells{.n_cells = 2, .n_genes = 2, .indptr = {0, 0, 1}, .indices = {1}, .data = {8}};
  const CsrMatrix vectors{.n_cells = 2, .n_genes = 2, .indptr = {0, 2, 2}, .indices = {0, 1}, .data = {-1, 2}};
  const CsrMatrix got =
      augment(cells.view(), vectors.view(), std::vector<std::int64_t>{0, 1}, std::vector<float>{1, -1});
  EXPECT_EQ(got.indptr, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(got.data, (std::vector<float>{2, 8}));
}

}  // namespace
}  // namespace sctab::sparse
