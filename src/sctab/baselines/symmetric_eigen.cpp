#include "sctab/baselines/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sctab/core/error.hpp"

namespace sctab::baselines {
namespace {

constexpr int kMaxSweeps = 60;  // convergence is quadratic: ten suffice for a thousand rows

struct Rotation {
  double cosine, sine;
};

/// The rotation that makes entry (p, q) zero.
Rotation rotation(double pp, double qq, double pq) {
  const double theta = (qq - pp) / (2 * pq);
  const double tangent = (theta >= 0 ? 1.0 : -1.0) / (std::abs(theta) + std::sqrt(theta * theta + 1));
  const double cosine = 1 / std::sqrt(tangent * tangent + 1);
  return {cosine, tangent * cosine};
}

/// (x, y) becomes (c·x − s·y, s·x + c·y), n pairs that stand `stride` apart.
void rotate(double* x, double* y, std::size_t n, std::size_t stride, Rotation by) {
  for (std::size_t i = 0; i < n * stride; i += stride) {
    const double old = x[i];
    x[i] = by.cosine * old - by.sine * y[i];
    y[i] = by.sine * old + by.cosine * y[i];
  }
}

}  // namespace

Eigen symmetric_eigen(std::vector<double> matrix, std::int64_t size) {
  const auto n = static_cast<std::size_t>(size);
  SCTAB_ASSERT(matrix.size() == n * n);
  std::vector<double> rows(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) rows[i * n + i] = 1;
  const double norm = std::sqrt(std::inner_product(matrix.begin(), matrix.end(), matrix.begin(), 0.0));
  const double negligible =
      norm * std::numeric_limits<double>::epsilon() / static_cast<double>(std::max<std::size_t>(n, 1));
  bool rotated = true;
  for (int sweep = 0; rotated; ++sweep) {
    SCTAB_ASSERT(sweep < kMaxSweeps);
    rotated = false;
    for (std::size_t p = 0; p + 1 < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const double off = matrix[p * n + q];
        if (!(std::abs(off) > negligible)) continue;
        rotated = true;
        const Rotation by = rotation(matrix[p * n + p], matrix[q * n + q], off);
        rotate(&matrix[p * n], &matrix[q * n], n, 1, by);
        rotate(&matrix[p], &matrix[q], n, n, by);
        rotate(&rows[p * n], &rows[q * n], n, 1, by);
        matrix[p * n + q] = matrix[q * n + p] = 0;  // but for rounding, which would keep the sweeps going
      }
    }
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return matrix[a * n + a] > matrix[b * n + b]; });
  Eigen result;
  for (const std::size_t i : order) {
    result.values.push_back(matrix[i * n + i]);
    result.vectors.insert(result.vectors.end(), rows.begin() + static_cast<std::ptrdiff_t>(i * n),
                          rows.begin() + static_cast<std::ptrdiff_t>((i + 1) * n));
  }
  return result;
}

}  // namespace sctab::baselines
