#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sctab/kernels/simplex.hpp"
#include "sctab/sparse/csr.hpp"

/// The kernels as plain loops over dense arrays of doubles: slow, obvious, what the fast ones must equal.
namespace sctab::tests::reference {

struct Matrix {
  std::int64_t n_rows = 0, n_columns = 0;
  std::vector<double> values;  // row-major

  Matrix(std::int64_t rows, std::int64_t columns)
      : n_rows(rows), n_columns(columns), values(static_cast<std::size_t>(rows * columns), 0.0) {}
  Matrix(std::int64_t rows, std::int64_t columns, std::span<const float> from)
      : n_rows(rows), n_columns(columns), values(from.begin(), from.end()) {}
  double& at(std::int64_t row, std::int64_t column) {
    return values[static_cast<std::size_t>(row * n_columns + column)];
  }
  [[nodiscard]] double at(std::int64_t row, std::int64_t column) const {
    return values[static_cast<std::size_t>(row * n_columns + column)];
  }
};

Matrix dense(sparse::CsrView x);
Matrix transposed(const Matrix& x);
Matrix product(const Matrix& left, const Matrix& right);

/// Batch norm of each part of the cells by its own mean and biased variance; of one cell by `running` (mean, variance).
struct Norm {
  std::vector<std::int64_t> batch_starts;
  std::vector<double> weight, bias, running_mean, running_variance;
  double epsilon = 1e-5;
};
Matrix ghost_norm(const Matrix& x, const Norm& norm);

/// Each row by bisection for the threshold at which its weights sum to 1.
Matrix simplex(kernels::Simplex kind, const Matrix& scores);

/// d loss / d values by central differences; values are put back.
std::vector<double> differences(std::vector<double>& values, const std::function<double()>& loss, double step = 1e-5);

inline double inner(const Matrix& left, const Matrix& right) {
  double sum = 0;
  for (std::size_t i = 0; i < left.values.size(); ++i) sum += left.values[i] * right.values[i];
  return sum;
}

/// Every value within `tolerance` times the largest wanted (at least 1); NaN fails.
inline void expect_close(std::span<const float> got, std::span<const double> want, double tolerance, const char* what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  double largest = 1;
  for (const double value : want) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (!(std::abs(static_cast<double>(got[i]) - want[i]) <= tolerance * largest)) {
      ADD_FAILURE() << what << "[" << i << "] is " << got[i] << ", expected " << want[i];
      return;
    }
  }
}
inline void expect_close(std::span<const float> got, const Matrix& want, double tolerance, const char* what) {
  expect_close(got, std::span<const double>(want.values), tolerance, what);
}

}  // namespace sctab::tests::reference
