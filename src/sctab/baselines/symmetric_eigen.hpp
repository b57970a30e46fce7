#pragma once

#include <cstdint>
#include <vector>

namespace sctab::baselines {

struct Eigen {
  std::vector<double> values;   // n, descending
  std::vector<double> vectors;  // n × n, one a row, of length 1
};

/// All eigenvalues and vectors of a symmetric matrix (n × n), by Jacobi's cyclic rotations: exact to rounding, also for
/// equal eigenvalues, and the same on every run. For the few hundred rows of a covariance of components.
Eigen symmetric_eigen(std::vector<double> matrix, std::int64_t n);

}  // namespace sctab::baselines
