#include "sctab/kernels/dense_product.hpp"

#include <algorithm>

#include "sctab/core/error.hpp"
#include "sctab/kernels/cpu/gemm.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kWeightsPerTask = 48;      // rows of a weight's gradient, each a sum over all cells
constexpr std::int64_t kPackedPerTask = 1 << 16;  // numbers; packing fewer takes less time than to wake a thread

template <typename T>
std::int64_t rows_of(std::span<const T> matrix, std::int64_t width) {
  SCTAB_ASSERT(width > 0 && std::ssize(matrix) % width == 0);
  return std::ssize(matrix) / width;
}

template <typename T>
AlignedArray<T> pack(const cpu::StridedMatrix<T>& b) {
  AlignedArray<T> packed(static_cast<std::size_t>(cpu::packed_size<T>(b.n_rows, b.n_columns)));
  const std::int64_t n_panels = cpu::panels_of<T>(b.n_columns);
  const std::int64_t per_task = std::max<std::int64_t>(1, kPackedPerTask / (b.n_rows * cpu::kPanelColumns<T>));
  if (n_panels <= per_task) {
    cpu::pack_panels(b, 0, n_panels, packed.data());
  } else {
    parallel_blocks(n_panels, per_task,
                    [&](std::int64_t first, std::int64_t last) { cpu::pack_panels(b, first, last, packed.data()); });
  }
  return packed;
}

template <typename T>
void multiply(const cpu::StridedMatrix<T>& a, const cpu::PackedPanels<T>& b, T beta, std::int64_t rows_per_task,
              std::span<T> out) {
  parallel_blocks(a.n_rows, rows_per_task, [&](std::int64_t first, std::int64_t last) {
    cpu::gemm(T{1}, a.rows(first, last), b, beta, out.data() + first * b.n_columns);
  });
}

template <typename T>
void pack_and_multiply(const cpu::StridedMatrix<T>& a, const cpu::StridedMatrix<T>& b, T beta,
                       std::int64_t rows_per_task, std::span<T> out) {
  SCTAB_ASSERT(a.n_columns == b.n_rows && std::ssize(out) == a.n_rows * b.n_columns);
  const AlignedArray<T> packed = pack(b);
  multiply(a, cpu::PackedPanels<T>{packed.data(), b.n_rows, b.n_columns}, beta, rows_per_task, out);
}

template <typename T>
void multiply_plain(std::span<const T> a, std::span<const T> b, std::int64_t depth, T beta, std::span<T> out) {
  const std::int64_t n_rows = rows_of(a, depth), n_out = std::ssize(b) / depth;
  pack_and_multiply(cpu::StridedMatrix(a.data(), n_rows, depth), cpu::StridedMatrix(b.data(), depth, n_out), beta,
                    cpu::kGemmRows, out);
}

template <typename T>
void multiply_transposed(std::span<const T> a, std::span<const T> b, std::int64_t n_rows, T beta, std::span<T> out) {
  SCTAB_ASSERT(n_rows > 0 && std::ssize(a) % n_rows == 0 && std::ssize(b) % n_rows == 0);
  const std::int64_t n_a = std::ssize(a) / n_rows, n_b = std::ssize(b) / n_rows;
  pack_and_multiply(cpu::StridedMatrix(a.data(), n_rows, n_a).transposed(), cpu::StridedMatrix(b.data(), n_rows, n_b),
                    beta, kWeightsPerTask, out);
}

}  // namespace

void product_transposed(std::span<const float> a, std::span<const float> b, std::int64_t depth, std::span<float> out) {
  linear_layer(a, PackedWeights(b, depth), {}, out);
}
void product_transposed_f64(std::span<const double> a, std::span<const double> b, std::int64_t depth,
                            std::span<double> out) {
  const cpu::StridedMatrix<double> left(a.data(), rows_of(a, depth), depth), right(b.data(), rows_of(b, depth), depth);
  pack_and_multiply(left, right.transposed(), 0.0, cpu::kGemmRows, out);
}

void product(std::span<const float> a, std::span<const float> b, std::int64_t depth, float beta, std::span<float> out) {
  multiply_plain(a, b, depth, beta, out);
}
void product_f64(std::span<const double> a, std::span<const double> b, std::int64_t depth, double beta,
                 std::span<double> out) {
  multiply_plain(a, b, depth, beta, out);
}

void transposed_product(std::span<const float> a, std::span<const float> b, std::int64_t n_cells,
                        std::span<float> out) {
  multiply_transposed(a, b, n_cells, 0.0F, out);
}
void transposed_product_f64(std::span<const double> a, std::span<const double> b, std::int64_t n_rows, double beta,
                            std::span<double> out) {
  multiply_transposed(a, b, n_rows, beta, out);
}

PackedWeights::PackedWeights(std::span<const float> weights, std::int64_t depth)
    : depth_(depth),
      n_out_(rows_of(weights, depth)),
      panels_(pack(cpu::StridedMatrix(weights.data(), n_out_, depth).transposed())) {}

void linear_layer(std::span<const float> a, const PackedWeights& weights, std::span<const float> bias,
                  std::span<float> out) {
  const std::int64_t n_cells = rows_of(a, weights.depth()), n_out = weights.n_out();
  SCTAB_ASSERT(std::ssize(out) == n_cells * n_out && (bias.empty() || std::ssize(bias) == n_out));
  const cpu::PackedPanels<float> panels{weights.panels(), weights.depth(), n_out};
  const cpu::StridedMatrix cells(a.data(), n_cells, weights.depth());
  if (bias.empty()) return multiply(cells, panels, 0.0F, cpu::kGemmRows, out);
  parallel_blocks(n_cells, cpu::kGemmRows, [&](std::int64_t first, std::int64_t last) {
    float* rows = out.data() + first * n_out;
    for (std::int64_t row = 0; row < last - first; ++row) std::copy(bias.begin(), bias.end(), rows + row * n_out);
    cpu::gemm(1, cells.rows(first, last), panels, 1, rows);
  });
}

}  // namespace sctab::kernels
