#include "sctab/linalg/factorisations.hpp"

#include <cblas.h>

#include <cmath>
#include <Eigen/Eigenvalues>

#include "sctab/core/error.hpp"
#include "sctab/core/index.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::linalg {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::int64_t kColumnsPerTask = 48, kRowsPerTask = 512;
// Share of a column's squared length: what rounding leaves of a column that depends on others.
constexpr double kDependent = 1e-12;

/// matrixᵀ · matrix.
Matrix gram(const std::vector<double>& matrix, std::int64_t width) {
  const int depth = core::narrow<int>(std::ssize(matrix) / width), n = core::narrow<int>(width);
  Matrix out(width, width);
  kernels::parallel_blocks(width, kColumnsPerTask, [&](std::int64_t first, std::int64_t last) {
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, static_cast<int>(last - first), n, depth, 1.0,
                matrix.data() + first, n, matrix.data(), n, 0.0, out.data() + first * width, n);
  });
  return out;
}

/// The upper factor R of RᵀR = gram. A dependent column of R becomes one of the identity and joins `dependent`, which
/// Eigen's LLT cannot do: it stops at the first one.
Matrix cholesky(const Matrix& gram, std::vector<std::int64_t>& dependent) {
  const std::int64_t n = gram.rows();
  Matrix factor = Matrix::Zero(n, n);
  for (std::int64_t j = 0; j < n; ++j) {
    const Eigen::RowVectorXd rest =
        gram.row(j).tail(n - j) - factor.col(j).head(j).transpose() * factor.topRightCorner(j, n - j);
    if (rest[0] > kDependent * gram(j, j)) {
      factor.row(j).tail(n - j) = rest / std::sqrt(rest[0]);
    } else {
      dependent.push_back(j);
      factor.col(j).setZero();
      factor(j, j) = 1;
    }
  }
  return factor;
}

}  // namespace

void orthonormalise(std::vector<double>& matrix, std::int64_t n_columns) {
  SCTAB_ASSERT(n_columns > 0 && std::ssize(matrix) % n_columns == 0);
  const int width = core::narrow<int>(n_columns);
  for (int pass = 0; pass < 2; ++pass) {
    std::vector<std::int64_t> dependent;
    const Matrix factor = cholesky(gram(matrix, n_columns), dependent);
    kernels::parallel_blocks(std::ssize(matrix) / n_columns, kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
      double* rows = matrix.data() + first * n_columns;
      cblas_dtrsm(CblasRowMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, static_cast<int>(last - first),
                  width, 1.0, factor.data(), width, rows, width);
      Eigen::Map<Matrix> block(rows, last - first, n_columns);
      for (const std::int64_t column : dependent) block.col(column).setZero();
    });
  }
}

EigenPairs symmetric_eigen(const std::vector<double>& matrix, std::int64_t n) {
  SCTAB_ASSERT(std::ssize(matrix) == n * n);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(Eigen::Map<const Matrix>(matrix.data(), n, n));
  SCTAB_ASSERT(solver.info() == Eigen::Success);
  EigenPairs pairs{std::vector<double>(static_cast<std::size_t>(n)), std::vector<double>(matrix.size())};
  Eigen::Map<Eigen::VectorXd>(pairs.values.data(), n) = solver.eigenvalues().reverse();  // Eigen's ascend
  Eigen::Map<Matrix>(pairs.vectors.data(), n, n) = solver.eigenvectors().rowwise().reverse().transpose();
  return pairs;
}

}  // namespace sctab::linalg
