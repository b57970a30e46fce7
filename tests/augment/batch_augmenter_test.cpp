#include "sctab/augment/batch_augmenter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "sctab/core/rng.hpp"
#include "support/random_csr.hpp"

namespace sctab::augment {
namespace {

constexpr sparse::GeneIndex kGenes = 70;

sparse::CsrMatrix random_vectors(std::int64_t n) {
  core::Rng rng(2);
  sparse::CsrMatrix vectors = sctab::tests::random_counts(rng, n, kGenes, 0.3);
  for (float& value : vectors.data) value = static_cast<float>(3 * rng.normal());
  return vectors;
}

std::vector<float> dense(sparse::CsrView cells) {
  std::vector<float> values(static_cast<std::size_t>(cells.n_cells * cells.n_genes));
  sparse::to_dense(cells, values);
  return values;
}

TEST(BatchAugmenter, MovesEachCellByOneVectorEitherWay) {
  core::Rng rng(1);
  const sparse::CsrMatrix cells = sctab::tests::random_counts(rng, 3000, kGenes, 0.2), vectors = random_vectors(4);
  BatchAugmenter augmenter(vectors.view(), 1);
  const std::vector<float> got = dense(augmenter.augment(cells.view(), 0, 0)), x = dense(cells.view()),
                           v = dense(vectors.view());
  std::map<std::pair<std::size_t, int>, int> drawn;
  for (std::size_t cell = 0; cell < 3000; ++cell) {
    int n_found = 0;
    for (std::size_t vector = 0; vector < 4; ++vector) {
      for (const int sign : {1, -1}) {
        bool same = true;
        for (std::size_t g = 0; g < kGenes; ++g) {
          const float sum = x[cell * kGenes + g] + static_cast<float>(sign) * v[vector * kGenes + g];
          same = same && got[cell * kGenes + g] == std::clamp(sum, 0.0F, 9.0F);
        }
        if (!same) continue;
        ++n_found;
        ++drawn[{vector, sign}];
      }
    }
    ASSERT_EQ(n_found, 1) << cell;
  }
  ASSERT_EQ(drawn.size(), 8U);
  for (const auto& [which, n] : drawn) EXPECT_TRUE(n > 275 && n < 475) << n;  // 375, 5 standard deviations
}

TEST(BatchAugmenter, IsAFunctionOfSeedEpochAndBatch) {
  core::Rng rng(1);
  const sparse::CsrMatrix cells = sctab::tests::random_counts(rng, 40, kGenes, 0.2);
  const sparse::CsrMatrix vectors = random_vectors(9);
  BatchAugmenter augmenter(vectors.view(), 1), other(vectors.view(), 2);
  std::map<std::vector<float>, int> seen;
  for (const auto& [epoch, batch] : {std::pair{0, 0}, {0, 1}, {1, 0}, {1, 1}, {0, 256}}) {
    ++seen[dense(augmenter.augment(cells.view(), epoch, batch))];
  }
  ++seen[dense(other.augment(cells.view(), 0, 0))];
  EXPECT_EQ(seen.size(), 6U);
  EXPECT_EQ(dense(BatchAugmenter(vectors.view(), 1).augment(cells.view(), 1, 1)),
            dense(augmenter.augment(cells.view(), 1, 1)));
}

}  // namespace
}  // namespace sctab::augment
