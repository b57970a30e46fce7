#include "sctab/kernels/dense_product.hpp"

#include <algorithm>

#include "sctab/core/error.hpp"
#include "sctab/kernels/cpu/gemm.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kWeightsPerTask = 48;      // rows of a weight's gradient, each a sum over all cells
constexpr std::int64_t kPackedPerTask = 1 << 16;  // floats; packing fewer takes less time than to wake a thread

std::int64_t rows_of(std::span<const float> matrix, std::int64_t width) {
  SCTAB_ASSERT(width > 0 && std::ssize(matrix) % width == 0);
  return std::ssize(matrix) / width;
}

AlignedArray<float> pack(const cpu::StridedMatrix& b) {
  AlignedArray<float> packed(static_cast<std::size_t>(cpu::packed_size(b.n_rows, b.n_columns)));
  const std::int64_t n_panels = cpu::panels_of(b.n_columns);
  const std::int64_t per_task = std::max<std::int64_t>(1, kPackedPerTask / (b.n_rows * cpu::kPanelColumns));
  if (n_panels <= per_task) {
    cpu::pack_panels(b, 0, n_panels, packed.data());
  } else {
    parallel_blocks(n_panels, per_task,
                    [&](std::int64_t first, std::int64_t last) { cpu::pack_panels(b, first, last, packed.data()); });
  }
  return packed;
}

void multiply(const cpu::StridedMatrix& a, const cpu::PackedPanels& b, float beta, std::int64_t rows_per_task,
              std::span<float> out) {
  parallel_blocks(a.n_rows, rows_per_task, [&](std::int64_t first, std::int64_t last) {
    cpu::gemm(1, a.rows(first, last), b, beta, out.data() + first * b.n_columns);
  });
}

}  // namespace

void product_transposed(std::span<const float> a, std::span<const float> b, std::int64_t depth, std::span<float> out) {
  linear_layer(a, PackedWeights(b, depth), {}, out);
}

void product(std::span<const float> a, std::span<const float> b, std::int64_t depth, float beta, std::span<float> out) {
  const std::int64_t n_cells = rows_of(a, depth), n_out = std::ssize(b) / depth;
  SCTAB_ASSERT(n_out * depth == std::ssize(b) && std::ssize(out) == n_cells * n_out);
  const AlignedArray<float> packed = pack({b.data(), depth, n_out});
  multiply({a.data(), n_cells, depth}, {packed.data(), depth, n_out}, beta, cpu::kGemmRows, out);
}

void transposed_product(std::span<const float> a, std::span<const float> b, std::int64_t n_cells,
                        std::span<float> out) {
  SCTAB_ASSERT(n_cells > 0 && std::ssize(a) % n_cells == 0 && std::ssize(b) % n_cells == 0);
  const std::int64_t n_a = std::ssize(a) / n_cells, n_b = std::ssize(b) / n_cells;
  SCTAB_ASSERT(std::ssize(out) == n_a * n_b);
  const AlignedArray<float> packed = pack({b.data(), n_cells, n_b});
  multiply(cpu::StridedMatrix(a.data(), n_cells, n_a).transposed(), {packed.data(), n_cells, n_b}, 0, kWeightsPerTask,
           out);
}

PackedWeights::PackedWeights(std::span<const float> weights, std::int64_t depth)
    : depth_(depth),
      n_out_(rows_of(weights, depth)),
      panels_(pack(cpu::StridedMatrix(weights.data(), n_out_, depth).transposed())) {}

void linear_layer(std::span<const float> a, const PackedWeights& weights, std::span<const float> bias,
                  std::span<float> out) {
  const std::int64_t n_cells = rows_of(a, weights.depth()), n_out = weights.n_out();
  SCTAB_ASSERT(std::ssize(out) == n_cells * n_out && (bias.empty() || std::ssize(bias) == n_out));
  const cpu::PackedPanels panels{weights.panels(), weights.depth(), n_out};
  const cpu::StridedMatrix cells(a.data(), n_cells, weights.depth());
  if (bias.empty()) return multiply(cells, panels, 0, cpu::kGemmRows, out);
  parallel_blocks(n_cells, cpu::kGemmRows, [&](std::int64_t first, std::int64_t last) {
    float* rows = out.data() + first * n_out;
    for (std::int64_t row = 0; row < last - first; ++row) std::copy(bias.begin(), bias.end(), rows + row * n_out);
    cpu::gemm(1, cells.rows(first, last), panels, 1, rows);
  });
}

}  // namespace sctab::kernels
