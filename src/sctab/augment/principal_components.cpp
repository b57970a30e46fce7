#include "sctab/augment/principal_components.hpp"

#include <algorithm>
#include <cmath>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/csr_transpose.hpp"

namespace sctab::augment {
namespace {

constexpr std::int64_t kMore = 6;          // axes beyond those asked for, which speed up the others
constexpr std::int64_t kIterations = 200;  // at most
constexpr double kTurned = 1e-6;           // sine of the angle by which axes may turn in the last iteration

/// Columns of an n_rows × width matrix, row-major.
struct Columns {
  std::int64_t n_rows, width;
  std::vector<float> values;

  Columns(std::int64_t rows, std::int64_t columns)
      : n_rows(rows), width(columns), values(static_cast<std::size_t>(rows * columns), 0.0F) {}
  float& at(std::int64_t row, std::int64_t column) { return values[static_cast<std::size_t>(row * width + column)]; }
  [[nodiscard]] float at(std::int64_t row, std::int64_t column) const {
    return values[static_cast<std::size_t>(row * width + column)];
  }
  [[nodiscard]] double dot(std::int64_t a, const Columns& other, std::int64_t b) const {
    double sum = 0;
    for (std::int64_t i = 0; i < n_rows; ++i)
      sum += static_cast<double>(at(i, a)) * static_cast<double>(other.at(i, b));
    return sum;
  }
  void add(std::int64_t to, double factor, std::int64_t column) {
    for (std::int64_t i = 0; i < n_rows; ++i) {
      at(i, to) = static_cast<float>(static_cast<double>(at(i, to)) + factor * static_cast<double>(at(i, column)));
    }
  }
};

/// Gram-Schmidt, twice over each column; returns the columns' lengths before they were scaled to 1. What others span
/// becomes zero.
std::vector<double> orthonormalise(Columns& q) {
  constexpr double kSpanned = 1e-6;  // of a column's length
  std::vector<double> lengths;
  for (std::int64_t i = 0; i < q.width; ++i) {
    const double before = std::sqrt(q.dot(i, q, i));
    for (int pass = 0; pass < 2; ++pass) {
      for (std::int64_t j = 0; j < i; ++j) q.add(i, -q.dot(i, q, j), j);
    }
    const double length = std::sqrt(q.dot(i, q, i));
    const bool spanned = !(length > kSpanned * before);
    q.add(i, (spanned ? 0 : 1 / length) - 1, i);
    lengths.push_back(spanned ? 0 : length);
  }
  return lengths;
}

/// The means of the rows' columns become zero; returns what they were.
std::vector<float> centre_columns(Columns& y) {
  std::vector<float> means;
  for (std::int64_t column = 0; column < y.width; ++column) {
    double sum = 0;
    for (std::int64_t i = 0; i < y.n_rows; ++i) sum += static_cast<double>(y.at(i, column));
    means.push_back(static_cast<float>(sum / static_cast<double>(y.n_rows)));
    for (std::int64_t i = 0; i < y.n_rows; ++i) y.at(i, column) -= means.back();
  }
  return means;
}

/// By how much the first axes have turned: the largest sine of an angle between old and new.
double turned(const Columns& before, const Columns& after, std::int64_t n_components) {
  double most = 0;
  for (std::int64_t i = 0; i < n_components; ++i) {
    if (after.dot(i, after, i) == 0) continue;  // nothing varies any more
    const double cosine = before.dot(i, after, i);
    most = std::max(most, std::sqrt(std::max(0.0, 1 - cosine * cosine)));
  }
  return most;
}

Columns random_axes(std::int64_t n_genes, std::int64_t width, std::uint64_t seed) {
  core::Rng rng = core::Rng(seed).child("principal components");
  Columns axes(n_genes, width);
  for (float& value : axes.values) value = static_cast<float>(rng.normal());
  orthonormalise(axes);
  return axes;
}

/// Of each axis the largest entry becomes positive.
void fix_signs(Columns& axes) {
  for (std::int64_t column = 0; column < axes.width; ++column) {
    float largest = 0;
    for (std::int64_t i = 0; i < axes.n_rows; ++i) {
      if (std::abs(axes.at(i, column)) > std::abs(largest)) largest = axes.at(i, column);
    }
    if (largest < 0) axes.add(column, -2, column);
  }
}

}  // namespace

std::vector<float> PrincipalComponents::coordinates(sparse::CsrView cells) const {
  SCTAB_ASSERT(cells.n_genes == n_genes);
  std::vector<float> out(static_cast<std::size_t>(cells.n_cells * n_components));
  kernels::csr_projection(cells, axes, n_components, out);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] -= centre[i % static_cast<std::size_t>(n_components)];
  return out;
}

PrincipalComponents principal_components(sparse::CsrView cells, std::int64_t n_components, std::uint64_t seed) {
  SCTAB_ASSERT(cells.n_cells >= 2 && n_components >= 1 && n_components <= cells.n_genes);
  const std::int64_t width = std::min<std::int64_t>(n_components + kMore, cells.n_genes);
  sparse::CsrMatrix transposed;
  kernels::csr_transpose(cells, transposed);
  Columns axes = random_axes(cells.n_genes, width, seed), images(cells.n_cells, width), next(cells.n_genes, width);
  std::vector<double> lengths;
  for (std::int64_t iteration = 0; iteration < kIterations; ++iteration) {
    core::check_interrupt();
    kernels::csr_projection(cells, axes.values, width, images.values);
    centre_columns(images);  // cells less their mean; the mean takes no part in the way back, for columns sum to zero
    kernels::csr_projection(transposed.view(), images.values, width, next.values);
    lengths = orthonormalise(next);
    std::swap(axes, next);
    if (turned(next, axes, n_components) < kTurned) break;
  }
  fix_signs(axes);
  PrincipalComponents components{cells.n_genes, n_components, {}, {}, {}};
  for (std::int64_t gene = 0; gene < cells.n_genes; ++gene) {
    for (std::int64_t i = 0; i < n_components; ++i) components.axes.push_back(axes.at(gene, i));
  }
  Columns first(cells.n_cells, n_components);
  kernels::csr_projection(cells, components.axes, n_components, first.values);
  components.centre = centre_columns(first);
  for (std::int64_t i = 0; i < n_components; ++i) {
    components.variances.push_back(first.dot(i, first, i) / static_cast<double>(cells.n_cells - 1));
  }
  return components;
}

}  // namespace sctab::augment
