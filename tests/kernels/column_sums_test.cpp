#include "sctab/kernels/column_sums.hpp"

#include <gtest/gtest.h>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"

namespace sctab::kernels {
namespace {

using tests::reference::Matrix;

TEST(ColumnSums, AndMomentsEqualTheDenseOnes) {
  core::Rng rng(1);
  for (const std::int64_t n_cells : {1, 2, 127, 128, 129, 700}) {
    const sparse::CsrMatrix x = tests::random_cells(rng, n_cells, 37, 0.2);
    const Matrix all = tests::reference::dense(x.view());
    std::vector<double> sums(37), means(37), variances(37);
    for (std::int64_t gene = 0; gene < 37; ++gene) {
      const auto g = static_cast<std::size_t>(gene);
      for (std::int64_t cell = 0; cell < n_cells; ++cell) sums[g] += all.at(cell, gene);
      means[g] = sums[g] / static_cast<double>(n_cells);
      for (std::int64_t cell = 0; cell < n_cells; ++cell) {
        variances[g] += std::pow(all.at(cell, gene) - means[g], 2) / static_cast<double>(n_cells);
      }
    }
    std::vector<float> got_sums(37), got_means(37), got_variances(37);
    column_sums(x.view(), got_sums);
    column_moments(x.view(), got_means, got_variances);
    tests::reference::expect_close(got_sums, sums, 1e-7, "sums");
    tests::reference::expect_close(got_means, means, 1e-7, "means");
    tests::reference::expect_close(got_variances, variances, 1e-7, "variances");
  }
}

TEST(ColumnSums, OfNoCellsAreZero) {
  sparse::CsrMatrix x;
  x.clear(2);
  std::vector<float> sums(2, 7.0F);
  column_sums(x.view(), sums);
  EXPECT_EQ(sums, std::vector<float>(2, 0.0F));
}

TEST(ColumnMoments, OfAConstantHaveNoNegativeVariance) {
  sparse::CsrMatrix x;
  x.clear(1);
  for (int cell = 0; cell < 1000; ++cell)
    x.append_row(std::vector<sparse::GeneIndex>{0}, std::vector<float>{8.7654321F});
  std::vector<float> mean(1), variance(1);
  column_moments(x.view(), mean, variance);
  EXPECT_EQ(mean[0], 8.7654321F);
  EXPECT_GE(variance[0], 0.0F);
  EXPECT_LE(variance[0], 1e-12F);
}

TEST(ColumnMoments, LetNanThrough) {
  sparse::CsrMatrix x;
  x.clear(1);
  x.append_row(std::vector<sparse::GeneIndex>{0}, std::vector<float>{NAN});
  std::vector<float> mean(1), variance(1);
  column_moments(x.view(), mean, variance);
  EXPECT_TRUE(std::isnan(mean[0]));
  EXPECT_TRUE(std::isnan(variance[0]));
}

}  // namespace
}  // namespace sctab::kernels
