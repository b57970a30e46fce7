#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "sctab/nn/batch_norm.hpp"

namespace sctab::nn {

/// Batch norm over virtual batches, each with its own statistics: torch.chunk(batch, max(batch / virtual, 1)), so equal
/// parts rounded up and a shorter last one. A part of one cell is normalised by the running statistics. Without chunks
/// outside training. Its tensors are named "bn.weight" and so on, as published.
class GhostBatchNorm {
 public:
  GhostBatchNorm(const LayerScope& scope, std::int64_t width, std::int64_t virtual_batch_size,
                 const BatchNormOptions& options)
      : virtual_batch_size_(virtual_batch_size), bn_(scope / "bn", width, options) {}
  /// x: cells × width. Returns the same shape.
  at::Tensor forward(const at::Tensor& x, const LayerPass& pass);
  /// As BatchNorm::statistics(), in this layer's virtual batches.
  NormStatistics statistics(std::int64_t n_cells, const LayerPass& pass, const ComputeStatistics& compute) {
    return bn_.statistics(n_cells, virtual_batch_size_, pass, compute);
  }
  [[nodiscard]] const BatchNorm& batch_norm() const { return bn_; }

 private:
  std::int64_t virtual_batch_size_;
  BatchNorm bn_;
};

}  // namespace sctab::nn
