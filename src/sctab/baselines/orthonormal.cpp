#include "sctab/baselines/orthonormal.hpp"

#include <cblas.h>

#include <cmath>

#include "sctab/core/error.hpp"
#include "sctab/core/index.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::baselines {
namespace {

constexpr std::int64_t kColumnsPerTask = 48, kRowsPerTask = 512;
// Of a column's squared length: what rounding leaves of one that depends on others.
constexpr double kDependent = 1e-12;

/// matrixᵀ · matrix.
std::vector<double> gram(const std::vector<double>& matrix, std::int64_t width) {
  const int depth = core::narrow<int>(std::ssize(matrix) / width), n = core::narrow<int>(width);
  std::vector<double> out(static_cast<std::size_t>(width * width));
  kernels::parallel_blocks(width, kColumnsPerTask, [&](std::int64_t first, std::int64_t last) {
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, static_cast<int>(last - first), n, depth, 1.0,
                matrix.data() + first, n, matrix.data(), n, 0.0, out.data() + first * width, n);
  });
  return out;
}

/// The upper factor R of RᵀR = gram, in its place; a dependent column becomes one of the identity, and is returned.
std::vector<std::size_t> cholesky(std::vector<double>& gram, std::size_t n) {
  std::vector<std::size_t> dependent;
  for (std::size_t j = 0; j < n; ++j) {
    const double length = gram[j * n + j];
    double rest = length;
    for (std::size_t k = 0; k < j; ++k) rest -= gram[k * n + j] * gram[k * n + j];
    if (!(rest > kDependent * length)) {
      dependent.push_back(j);
      for (std::size_t k = 0; k < n; ++k) gram[k * n + j] = gram[j * n + k] = 0;
      gram[j * n + j] = 1;
      continue;
    }
    const double pivot = std::sqrt(rest);
    gram[j * n + j] = pivot;
    for (std::size_t i = j + 1; i < n; ++i) {
      double value = gram[j * n + i];
      for (std::size_t k = 0; k < j; ++k) value -= gram[k * n + j] * gram[k * n + i];
      gram[j * n + i] = value / pivot;
    }
  }
  return dependent;
}

}  // namespace

void orthonormalise(std::vector<double>& matrix, std::int64_t n_columns) {
  SCTAB_ASSERT(n_columns > 0 && std::ssize(matrix) % n_columns == 0);
  const auto n = static_cast<std::size_t>(n_columns);
  for (int pass = 0; pass < 2; ++pass) {
    std::vector<double> factor = gram(matrix, n_columns);
    const std::vector<std::size_t> dependent = cholesky(factor, n);
    kernels::parallel_blocks(std::ssize(matrix) / n_columns, kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
      double* rows = matrix.data() + first * n_columns;
      const int n_rows = static_cast<int>(last - first), width = core::narrow<int>(n_columns);
      cblas_dtrsm(CblasRowMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, n_rows, width, 1.0, factor.data(),
                  width, rows, width);
      for (std::int64_t row = 0; row < last - first; ++row) {
        for (const std::size_t column : dependent) rows[static_cast<std::size_t>(row) * n + column] = 0;
      }
    });
  }
}

}  // namespace sctab::baselines
