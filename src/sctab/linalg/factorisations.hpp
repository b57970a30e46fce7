#pragma once

#include <cstdint>
#include <vector>

namespace sctab::linalg {

/// Makes the columns of `matrix` (n_rows × n_columns, row-major) orthonormal and keeps their span. A column that
/// depends on earlier ones becomes zero. Uses the Cholesky factor of the Gram matrix, twice, so a long matrix is read
/// four times; holds a second matrix of that size. The same bits for any number of threads.
void orthonormalise(std::vector<double>& matrix, std::int64_t n_columns);

struct EigenPairs {
  std::vector<double> values;   // n, descending
  std::vector<double> vectors;  // n × n, one per row, of length 1
};

/// All eigenpairs of a symmetric matrix (n × n, row-major), to rounding, also where eigenvalues are equal. For the few
/// hundred rows of a covariance of components. Runs on the calling thread.
EigenPairs symmetric_eigen(const std::vector<double>& matrix, std::int64_t n);

}  // namespace sctab::linalg
