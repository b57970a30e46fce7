#include "sctab/kernels/dense_product.hpp"

#include <cblas.h>

#include <algorithm>

#include "sctab/core/error.hpp"
#include "sctab/core/index.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kRowsPerTask = 128;    // of cells: a task's rows stay in L2 next to the weights
constexpr std::int64_t kWeightsPerTask = 48;  // rows of a weight's gradient, each a sum over all cells

int dim(std::int64_t n) {
  return core::narrow<int>(n);
}

std::int64_t rows_of(std::span<const float> matrix, std::int64_t width) {
  SCTAB_ASSERT(width > 0 && std::ssize(matrix) % width == 0);
  return std::ssize(matrix) / width;
}

}  // namespace

void product_transposed(std::span<const float> a, std::span<const float> b, std::int64_t depth, std::span<float> out) {
  const std::int64_t n_cells = rows_of(a, depth), n_out = rows_of(b, depth);
  SCTAB_ASSERT(std::ssize(out) == n_cells * n_out);
  parallel_blocks(n_cells, kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, dim(last - first), dim(n_out), dim(depth), 1.0F,
                a.data() + first * depth, dim(depth), b.data(), dim(depth), 0.0F, out.data() + first * n_out,
                dim(n_out));
  });
}

void product(std::span<const float> a, std::span<const float> b, std::int64_t depth, float beta, std::span<float> out) {
  const std::int64_t n_cells = rows_of(a, depth), n_out = std::ssize(b) / depth;
  SCTAB_ASSERT(n_out * depth == std::ssize(b) && std::ssize(out) == n_cells * n_out);
  parallel_blocks(n_cells, kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, dim(last - first), dim(n_out), dim(depth), 1.0F,
                a.data() + first * depth, dim(depth), b.data(), dim(n_out), beta, out.data() + first * n_out,
                dim(n_out));
  });
}

void transposed_product(std::span<const float> a, std::span<const float> b, std::int64_t n_cells,
                        std::span<float> out) {
  SCTAB_ASSERT(n_cells > 0 && std::ssize(a) % n_cells == 0 && std::ssize(b) % n_cells == 0);
  const std::int64_t n_a = std::ssize(a) / n_cells, n_b = std::ssize(b) / n_cells;
  SCTAB_ASSERT(std::ssize(out) == n_a * n_b);
  parallel_blocks(n_a, kWeightsPerTask, [&](std::int64_t first, std::int64_t last) {
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, dim(last - first), dim(n_b), dim(n_cells), 1.0F,
                a.data() + first, dim(n_a), b.data(), dim(n_b), 0.0F, out.data() + first * n_b, dim(n_b));
  });
}

}  // namespace sctab::kernels
