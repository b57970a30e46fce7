#include "sctab/linalg/factorisations.hpp"

#include <algorithm>
#include <cmath>
#include <Eigen/Eigenvalues>
#include <span>

#include "sctab/core/error.hpp"
#include "sctab/kernels/aligned_array.hpp"
#include "sctab/kernels/dense_product.hpp"

namespace sctab::linalg {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::int64_t kRowsAtOnce = 2048;  // a multiple of a block of the kernel's depth
// Share of a column's squared length: what rounding leaves of a column that depends on others.
constexpr double kDependent = 1e-12;

/// matrixᵀ · matrix. Summed over blocks of rows, so that the copy that the product makes of a block is small.
Matrix gram(std::span<const double> matrix, std::int64_t width) {
  Matrix out(width, width);
  const std::span<double> sums(out.data(), static_cast<std::size_t>(out.size()));
  const std::int64_t n_rows = std::ssize(matrix) / width;
  for (std::int64_t row = 0; row < n_rows; row += kRowsAtOnce) {
    const std::int64_t n = std::min(kRowsAtOnce, n_rows - row);
    const auto rows = matrix.subspan(static_cast<std::size_t>(row * width), static_cast<std::size_t>(n * width));
    kernels::transposed_product_f64(rows, rows, n, row == 0 ? 0 : 1, sums);
  }
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

/// The inverse of R, with zeros in the columns that depend on others.
Matrix inverse(const Matrix& factor, const std::vector<std::int64_t>& dependent) {
  Matrix out = factor.triangularView<Eigen::Upper>().solve(Matrix::Identity(factor.rows(), factor.cols()));
  for (const std::int64_t column : dependent) out.col(column).setZero();
  return out;
}

/// out = matrix · R⁻¹. The first pass leaves columns that are almost orthonormal, whose factor is close to 1; so what
/// rounding of the explicit inverse of an ill-conditioned factor does to orthogonality is gone after the second.
void normalise(std::span<const double> matrix, std::int64_t width, std::span<double> out) {
  std::vector<std::int64_t> dependent;
  const Matrix factor = cholesky(gram(matrix, width), dependent);
  const Matrix right = inverse(factor, dependent);
  kernels::product_f64(matrix, {right.data(), static_cast<std::size_t>(right.size())}, width, 0, out);
}

}  // namespace

void orthonormalise(std::vector<double>& matrix, std::int64_t n_columns) {
  SCTAB_ASSERT(n_columns > 0 && std::ssize(matrix) % n_columns == 0);
  if (matrix.empty()) return;
  kernels::AlignedArray<double> once(matrix.size());
  const std::span<double> halfway(once.data(), matrix.size());
  normalise(matrix, n_columns, halfway);
  normalise(halfway, n_columns, matrix);
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
