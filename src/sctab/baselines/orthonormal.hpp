#pragma once

#include <cstdint>
#include <vector>

namespace sctab::baselines {

/// Makes the columns of `matrix` (n_rows × n_columns, row-major) orthonormal, and keeps what they span. A column that
/// depends on those before it becomes zero. By the Cholesky factor of the Gram matrix, twice, which takes two passes
/// over long matrices; the same bits for any number of threads.
void orthonormalise(std::vector<double>& matrix, std::int64_t n_columns);

}  // namespace sctab::baselines
