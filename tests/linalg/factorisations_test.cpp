#include "sctab/linalg/factorisations.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sctab/core/rng.hpp"

namespace sctab::linalg {
namespace {

std::vector<double> random_matrix(std::size_t size, std::uint64_t seed) {
  core::Rng rng(seed);
  std::vector<double> matrix(size);
  for (double& value : matrix) value = rng.normal();
  return matrix;
}

double inner(const std::vector<double>& a, std::size_t i, const std::vector<double>& b, std::size_t j, std::size_t n) {
  double sum = 0;
  for (std::size_t row = 0; row < a.size() / n; ++row) sum += a[row * n + i] * b[row * n + j];
  return sum;
}

TEST(Orthonormalise, KeepsTheSpanOfBadlyScaledColumns) {
  constexpr std::size_t kRows = 700, kColumns = 50;
  std::vector<double> matrix = random_matrix(kRows * kColumns, 1);
  // Columns that share a direction a thousand times their own, as after a power iteration, and differ in size.
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    const std::size_t column = i % kColumns;
    if (column > 0) matrix[i] = std::pow(0.9, static_cast<double>(column)) * (matrix[i] + 1000 * matrix[i - column]);
  }
  std::vector<double> basis = matrix;
  orthonormalise(basis, kColumns);
  for (std::size_t i = 0; i < kColumns; ++i) {
    for (std::size_t j = 0; j < kColumns; ++j) {
      EXPECT_NEAR(inner(basis, i, basis, j, kColumns), i == j ? 1 : 0, 1e-12) << i << " " << j;
    }
    double projected = 0;  // squared length of the column in the basis: all of it
    for (std::size_t j = 0; j < kColumns; ++j) projected += std::pow(inner(matrix, i, basis, j, kColumns), 2);
    const double length = inner(matrix, i, matrix, i, kColumns);
    EXPECT_NEAR(projected / length, 1, 1e-10);
  }
}

TEST(Orthonormalise, KeepsTheSpanOfNearlyDependentColumns) {
  constexpr std::size_t kRows = 5000, kColumns = 20, kPairs = kColumns / 2;  // more rows than are summed at once
  std::vector<double> matrix = random_matrix(kRows * kColumns, 3);
  // Each column of the second half differs from one of the first by little more than what counts as dependent.
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    if (i % kColumns >= kPairs) matrix[i] = matrix[i - kPairs] + 3e-6 * matrix[i];
  }
  std::vector<double> basis = matrix;
  orthonormalise(basis, kColumns);
  for (std::size_t i = 0; i < kColumns; ++i) {
    std::vector<double> rest = matrix;  // of column i: what the basis does not span
    for (std::size_t j = 0; j < kColumns; ++j) {
      EXPECT_NEAR(inner(basis, i, basis, j, kColumns), i == j ? 1 : 0, 1e-12) << i << " " << j;
      const double along = inner(matrix, i, basis, j, kColumns);
      for (std::size_t row = 0; row < kRows; ++row) rest[row * kColumns + i] -= along * basis[row * kColumns + j];
    }
    const double lost = std::sqrt(inner(rest, i, rest, i, kColumns) / inner(matrix, i, matrix, i, kColumns));
    EXPECT_TRUE(lost <= 1e-11) << i << ": " << lost;  // far less than the 3e-6 by which columns differ
  }
}

TEST(Orthonormalise, ADependentColumnBecomesZero) {
  constexpr std::size_t kColumns = 4;
  std::vector<double> matrix = random_matrix(40 * kColumns, 2);
  for (std::size_t row = 0; row < 40; ++row) {
    matrix[row * kColumns + 2] = 2 * matrix[row * kColumns] - matrix[row * kColumns + 1];
  }
  orthonormalise(matrix, kColumns);
  for (std::size_t i = 0; i < kColumns; ++i) {
    for (std::size_t j = 0; j < kColumns; ++j) {
      EXPECT_NEAR(inner(matrix, i, matrix, j, kColumns), i == j && i != 2 ? 1 : 0, 1e-12) << i << " " << j;
    }
  }
  std::vector<double> zeros(12, 0.0);
  orthonormalise(zeros, 3);
  EXPECT_EQ(zeros, std::vector<double>(12, 0.0));
}

/// The largest entry of matrix · vector − value · vector, over all pairs, and of vectors · vectorsᵀ − 1.
double residual(const std::vector<double>& matrix, const EigenPairs& eigen, std::size_t n) {
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
    const EigenPairs eigen = symmetric_eigen(matrix, static_cast<std::int64_t>(n));
    ASSERT_EQ(eigen.values.size(), n);
    EXPECT_TRUE(std::is_sorted(eigen.values.rbegin(), eigen.values.rend()));
    EXPECT_LE(residual(matrix, eigen, n), 1e-12 * static_cast<double>(n)) << n;
  }
}

TEST(SymmetricEigen, EqualAndZeroValues) {
  const std::vector<double> identity = {2, 0, 0, 0, 2, 0, 0, 0, 2};
  EXPECT_EQ(symmetric_eigen(identity, 3).values, (std::vector<double>{2, 2, 2}));
  const std::vector<double> ones(25, 1.0);
  const EigenPairs eigen = symmetric_eigen(ones, 5);
  EXPECT_NEAR(eigen.values[0], 5, 1e-13);
  for (std::size_t i = 1; i < 5; ++i) EXPECT_NEAR(eigen.values[i], 0, 1e-13);
  EXPECT_LE(residual(ones, eigen, 5), 1e-13);
  EXPECT_EQ(symmetric_eigen(std::vector<double>(9, 0.0), 3).values, (std::vector<double>{0, 0, 0}));
}

}  // namespace
}  // namespace sctab::linalg
