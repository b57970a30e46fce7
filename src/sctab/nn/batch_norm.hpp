#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sctab/kernels/batch_norm.hpp"
#include "sctab/nn/layer.hpp"

namespace sctab::nn {

struct BatchNormOptions {
  double momentum = 0.1;  // weight of the newest batch in the running statistics
  double epsilon = 1e-5;
  std::int64_t virtual_batch_size = 0;  // in training; 0: the whole batch
};

/// What a pass normalises its cells by: each virtual batch's own mean and biased variance, or the running ones.
struct NormStatistics {
  std::vector<std::int64_t> batch_starts;  // as kernels::virtual_batch_starts() gives them
  at::Tensor mean, variance;               // virtual batches × width
};

/// Batch norm as x · scale + shift, of each column.
struct FoldedNorm {
  at::Tensor scale, shift;
};

/// Fills mean and variance (virtual batches × width).
using ComputeStatistics =
    std::function<void(std::span<const std::int64_t> batch_starts, std::span<float> mean, std::span<float> variance)>;

/// Batch norm over the cells of a batch, per column, under torch's names. In training each virtual batch has its own
/// statistics: torch.chunk(batch, max(batch / virtual, 1)), so equal parts rounded up and a shorter last one. Where
/// torch refuses, in training on one cell, whose variance does not exist, the running statistics normalise it and stay
/// as they are.
class BatchNorm {
 public:
  BatchNorm(const LayerScope& scope, std::int64_t width, const BatchNormOptions& options = {});
  /// x: cells × width. Returns the same shape. Without virtual batches.
  at::Tensor forward(const at::Tensor& x, const LayerPass& pass);

  /// For layers that normalise by a kernel of their own: the statistics to use for n_cells, computed where the pass
  /// wants the batch's. Moves the running ones as forward() does.
  NormStatistics statistics(std::int64_t n_cells, const LayerPass& pass, const ComputeStatistics& compute);
  /// The form that the kernels take; this and `statistics` must outlive it.
  [[nodiscard]] kernels::GhostNorm with(const NormStatistics& statistics) const;
  /// By the running statistics, of batches of any cells.
  [[nodiscard]] kernels::GhostNorm running() const;
  /// Normalises by these statistics of one virtual batch; differentiable with respect to weight and bias.
  [[nodiscard]] FoldedNorm folded(const at::Tensor& mean, const at::Tensor& variance) const;
  [[nodiscard]] const at::Tensor& weight() const { return weight_; }
  [[nodiscard]] const at::Tensor& bias() const { return bias_; }
  [[nodiscard]] std::int64_t width() const { return weight_.size(0); }

 private:
  void merge_statistics(const at::Tensor& mean, const at::Tensor& variance, std::int64_t n_cells,
                        std::int64_t cells_before);

  at::Tensor weight_, bias_, running_mean_, running_var_, num_batches_tracked_;
  BatchNormOptions options_;
};

}  // namespace sctab::nn
