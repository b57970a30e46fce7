#include "sctab/kernels/batch_norm.hpp"

#include <algorithm>
#include <cmath>

#include "sctab/core/error.hpp"

namespace sctab::kernels {

std::vector<std::int64_t> virtual_batch_starts(std::int64_t n_cells, std::int64_t virtual_batch_size) {
  SCTAB_ASSERT(n_cells >= 1 && virtual_batch_size >= 1);
  const std::int64_t n_parts = std::max<std::int64_t>(1, n_cells / virtual_batch_size);
  const std::int64_t size = (n_cells + n_parts - 1) / n_parts;
  std::vector<std::int64_t> starts;
  for (std::int64_t first = 0; first < n_cells; first += size) starts.push_back(first);
  starts.push_back(n_cells);
  return starts;
}

std::vector<CellBlock> cell_blocks(const GhostNorm& norm, std::int64_t size) {
  std::vector<CellBlock> blocks;
  for (std::int64_t batch = 0; batch < norm.n_batches(); ++batch) {
    const std::int64_t end = norm.first_cell(batch + 1);
    for (std::int64_t first = norm.first_cell(batch); first < end; first += size) {
      blocks.push_back({batch, first, std::min(first + size, end)});
    }
  }
  return blocks;
}

void fold_batch_norm(std::span<const float> weight, std::span<const float> bias, std::span<const float> mean,
                     std::span<const float> variance, float epsilon, std::span<float> scale, std::span<float> shift) {
  // The shift corrects for the rounding of the scale: where the mean is large next to the deviation, x · scale and
  // mean · scale cancel.
  for (std::size_t j = 0; j < weight.size(); ++j) {
    const double deviation = std::sqrt(static_cast<double>(variance[j]) + static_cast<double>(epsilon));
    scale[j] = static_cast<float>(static_cast<double>(weight[j]) / deviation);
    shift[j] =
        static_cast<float>(static_cast<double>(bias[j]) - static_cast<double>(scale[j]) * static_cast<double>(mean[j]));
  }
}

void update_running_statistics(const GhostNorm& norm, float momentum, std::span<float> running_mean,
                               std::span<float> running_variance) {
  for (std::int64_t batch = 0; batch < norm.n_batches(); ++batch) {
    const auto n = static_cast<float>(norm.size_of(batch));
    if (n < 2) continue;
    const std::span<const float> mean = norm.mean_of(batch), variance = norm.variance_of(batch);
    const float unbiased = n / (n - 1);
    for (std::size_t j = 0; j < mean.size(); ++j) {
      running_mean[j] += momentum * (mean[j] - running_mean[j]);
      running_variance[j] += momentum * (variance[j] * unbiased - running_variance[j]);
    }
  }
}

}  // namespace sctab::kernels
