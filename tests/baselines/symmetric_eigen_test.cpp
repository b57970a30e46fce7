#include "sctab/baselines/symmetric_eigen.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sctab/core/rng.hpp"

namespace sctab::baselines {
namespace {

/// The largest entry of matrix · vector − value · vector, over all pairs, and of vectors · vectorsᵀ − 1.
double residual(const std::vector<double>& matrix, const Eigen& eigen, std::size_t n) {
  double largest = 0;
  const auto note = [&](double value) {
    if (!(std::abs(value) <= largest)) largest = std::abs(value);  // keeps NaN
  };
  for (std::size_t k = 0; k < n; ++k) {
    const double* vector = &eigen.vectors[k * n];
    for (std::size_t i = 0; i < n; ++i) {
      double product = -eigen.values[k] * vector[i], inner = k == i ? -1 : 0;
      for (std::size_t j = 0; j < n; ++j) {
        product += matrix[i * n + j] * vector[j];
        inner += vector[j] * eigen.vectors[i * n + j];
      }
      note(product);
      note(inner);
    }
  }
  return largest;
}

TEST(SymmetricEigen, SolvesMatricesOfManySizes) {
  for (const std::size_t n : {1, 2, 3, 16, 65}) {
    core::Rng rng(n);
    std::vector<double> matrix(n * n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) matrix[i * n + j] = matrix[j * n + i] = rng.normal();
    }
    const Eigen eigen = symmetric_eigen(matrix, static_cast<std::int64_t>(n));
    ASSERT_EQ(eigen.values.size(), n);
    EXPECT_TRUE(std::is_sorted(eigen.values.rbegin(), eigen.values.rend()));
    EXPECT_LE(residual(matrix, eigen, n), 1e-12 * static_cast<double>(n)) << n;
  }
}

TEST(SymmetricEigen, EqualAndZeroValues) {
  const std::vector<double> identity = {2, 0, 0, 0, 2, 0, 0, 0, 2};
  EXPECT_EQ(symmetric_eigen(identity, 3).values, (std::vector<double>{2, 2, 2}));
  const std::vector<double> ones(25, 1.0);
  const Eigen eigen = symmetric_eigen(ones, 5);
  EXPECT_NEAR(eigen.values[0], 5, 1e-13);
  for (std::size_t i = 1; i < 5; ++i) EXPECT_NEAR(eigen.values[i], 0, 1e-13);
  EXPECT_LE(residual(ones, eigen, 5), 1e-13);
  EXPECT_EQ(symmetric_eigen(std::vector<double>(9, 0.0), 3).values, (std::vector<double>{0, 0, 0}));
}

}  // namespace
}  // namespace sctab::baselines
