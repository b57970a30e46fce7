#include "sctab/kernels/gates.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/kernels/cpu/gates.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kColumnsPerTask = 64;
constexpr std::int64_t kCellsPerTask = 64;
constexpr std::int64_t kValuesPerTask = 1 << 14;
constexpr float kSqrtHalf = 0.70710678F;

// Runs task(batch, first column, last column) for every virtual batch and group of columns.
template <typename Task>
void for_each_column_group(std::int64_t n_batches, std::int64_t width, const Task& task) {
  const std::int64_t n_groups = (width + kColumnsPerTask - 1) / kColumnsPerTask;
  parallel_for(n_batches * n_groups, [&](std::int64_t i) {
    const std::int64_t first = i % n_groups * kColumnsPerTask;
    task(i / n_groups, first, std::min(first + kColumnsPerTask, width));
  });
}

}  // namespace

void column_statistics(std::span<const float> values, std::int64_t width, std::span<const std::int64_t> batch_starts,
                       std::span<float> mean, std::span<float> variance) {
  const std::int64_t n_batches = std::ssize(batch_starts) - 1;
  SCTAB_ASSERT(std::ssize(values) == batch_starts.back() * width);
  SCTAB_ASSERT(std::ssize(mean) == n_batches * width && mean.size() == variance.size());
  for_each_column_group(n_batches, width, [&](std::int64_t batch, std::int64_t first, std::int64_t last) {
    const std::int64_t begin = batch_starts[static_cast<std::size_t>(batch)];
    const std::int64_t n_rows = batch_starts[static_cast<std::size_t>(batch) + 1] - begin;
    cpu::column_statistics({values.data() + begin * width, n_rows, width, first, last}, mean.data() + batch * width,
                           variance.data() + batch * width);
  });
}

void gated_norm(std::span<const float> projected, const GhostNorm& norm, std::span<const float> residual,
                std::span<float> out) {
  const std::int64_t width = norm.width() / 2;
  SCTAB_ASSERT(norm.width() % 2 == 0 && std::ssize(projected) == norm.n_cells() * norm.width());
  SCTAB_ASSERT(std::ssize(out) == norm.n_cells() * width && (residual.empty() || residual.size() == out.size()));
  std::vector<float> scale(norm.variance.size()), shift(norm.variance.size());
  const auto of_batch = [&](std::vector<float>& values, std::int64_t batch) {
    return std::span(values).subspan(static_cast<std::size_t>(batch * norm.width()), norm.weight.size());
  };
  for (std::int64_t batch = 0; batch < norm.n_batches(); ++batch) {
    fold_batch_norm(norm.weight, norm.bias, norm.mean_of(batch), norm.variance_of(batch), norm.epsilon,
                    of_batch(scale, batch), of_batch(shift, batch));
  }
  const std::vector<CellBlock> blocks = cell_blocks(norm, kCellsPerTask);
  parallel_for(std::ssize(blocks), [&](std::int64_t i) {
    const auto [batch, first, last] = blocks[static_cast<std::size_t>(i)];
    cpu::gate_rows({last - first, width, projected.data() + first * 2 * width, of_batch(scale, batch).data(),
                    of_batch(shift, batch).data(), residual.empty() ? nullptr : residual.data() + first * width},
                   out.data() + first * width);
  });
}

void gated_norm_backward(std::span<const float> projected, const GhostNorm& norm, bool has_residual,
                         std::span<const float> dout, const GatedNormGradient& gradient) {
  const std::int64_t width = norm.width() / 2;
  SCTAB_ASSERT(norm.width() % 2 == 0 && std::ssize(projected) == norm.n_cells() * norm.width());
  SCTAB_ASSERT(std::ssize(dout) == norm.n_cells() * width && gradient.projected.size() == projected.size());
  std::vector<float> inverse_sd(norm.variance.size()), dweight(norm.variance.size()), dbias(norm.variance.size());
  std::transform(norm.variance.begin(), norm.variance.end(), inverse_sd.begin(),
                 [&](float variance) { return 1 / std::sqrt(variance + norm.epsilon); });
  for_each_column_group(norm.n_batches(), width, [&](std::int64_t batch, std::int64_t first, std::int64_t last) {
    const std::int64_t cell = norm.first_cell(batch), at = batch * norm.width();
    const cpu::GateBatch cells{norm.size_of(batch),
                               width,
                               projected.data() + cell * 2 * width,
                               norm.weight.data(),
                               norm.bias.data(),
                               norm.mean.data() + at,
                               inverse_sd.data() + at,
                               norm.size_of(batch) > 1,
                               dout.data() + cell * width,
                               has_residual ? kSqrtHalf : 1.0F};
    cpu::gate_backward(cells, first, last, gradient.projected.data() + cell * 2 * width, dweight.data() + at,
                       dbias.data() + at);
  });
  const std::size_t n_columns = norm.weight.size();
  for (std::size_t i = 0; i < dweight.size(); ++i) {
    gradient.norm_weight[i % n_columns] += dweight[i];
    gradient.norm_bias[i % n_columns] += dbias[i];
  }
}

void silu(std::span<const float> x, std::span<float> out) {
  SCTAB_ASSERT(x.size() == out.size());
  parallel_blocks(std::ssize(x), kValuesPerTask, [&](std::int64_t first, std::int64_t last) {
    cpu::silu(last - first, x.data() + first, out.data() + first);
  });
}

void silu_backward(std::span<const float> x, std::span<const float> dout, std::span<float> dx) {
  SCTAB_ASSERT(x.size() == dout.size() && x.size() == dx.size());
  parallel_blocks(std::ssize(x), kValuesPerTask, [&](std::int64_t first, std::int64_t last) {
    cpu::silu_backward(last - first, x.data() + first, dout.data() + first, dx.data() + first);
  });
}

}  // namespace sctab::kernels
