#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sctab::kernels {

/// First cell of every virtual batch, and n_cells at the end: torch.chunk(batch, max(batch / virtual, 1)), so equal
/// parts rounded up and a shorter last one. n_cells >= 1.
std::vector<std::int64_t> virtual_batch_starts(std::int64_t n_cells, std::int64_t virtual_batch_size);

/// Batch norm of each virtual batch: (x - mean) / sqrt(variance + epsilon) · weight + bias, per column. In eval there
/// is one batch, and mean and variance are the running ones.
struct GhostNorm {
  std::span<const std::int64_t> batch_starts;  // n_batches + 1, as virtual_batch_starts() gives them
  std::span<const float> weight, bias;         // width
  std::span<const float> mean, variance;       // n_batches × width; the variance is biased
  float epsilon = 1e-5F;

  [[nodiscard]] std::int64_t n_batches() const { return std::ssize(batch_starts) - 1; }
  [[nodiscard]] std::int64_t width() const { return std::ssize(weight); }
  [[nodiscard]] std::int64_t n_cells() const { return batch_starts.back(); }
  [[nodiscard]] std::int64_t first_cell(std::int64_t batch) const {
    return batch_starts[static_cast<std::size_t>(batch)];
  }
  [[nodiscard]] std::int64_t size_of(std::int64_t batch) const { return first_cell(batch + 1) - first_cell(batch); }
  /// What normalises virtual batch `batch`, and its backward pass: width values each.
  [[nodiscard]] std::span<const float> mean_of(std::int64_t batch) const { return row(mean, batch); }
  [[nodiscard]] std::span<const float> variance_of(std::int64_t batch) const { return row(variance, batch); }

 private:
  [[nodiscard]] std::span<const float> row(std::span<const float> all, std::int64_t batch) const {
    return all.subspan(static_cast<std::size_t>(batch * width()), static_cast<std::size_t>(width()));
  }
};

/// Cells [first, last) of one virtual batch: work for one task.
struct CellBlock {
  std::int64_t batch, first, last;
};
/// All cells in blocks of `size`, the last one of each virtual batch shorter.
std::vector<CellBlock> cell_blocks(const GhostNorm& norm, std::int64_t size);

/// What batch norm comes down to, per column: x · scale + shift, folded in double. All spans have the same length.
void fold_batch_norm(std::span<const float> weight, std::span<const float> bias, std::span<const float> mean,
                     std::span<const float> variance, float epsilon, std::span<float> scale, std::span<float> shift);

/// running = (1 - momentum) · running + momentum · (mean, unbiased variance), for one virtual batch after the other. A
/// batch of one cell has no variance and leaves them as they are.
void update_running_statistics(const GhostNorm& norm, float momentum, std::span<float> running_mean,
                               std::span<float> running_variance);

}  // namespace sctab::kernels
