#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "sctab/nn/layer_mode.hpp"
#include "sctab/nn/layer_scope.hpp"

namespace sctab::nn {

struct BatchNormOptions {
  double momentum = 0.1;  // weight of the newest batch in the running statistics
  double epsilon = 1e-5;
};

/// Batch norm over the cells of a batch, per column: torch's, under torch's names. Where torch refuses, in training
/// mode on one cell, whose variance does not exist, the running statistics normalise it and stay as they are.
class BatchNorm {
 public:
  BatchNorm(const LayerScope& scope, std::int64_t width, const BatchNormOptions& options = {});
  /// x: cells × width. Returns the same shape.
  at::Tensor forward(const at::Tensor& x, const LayerPass& pass);

 private:
  void merge_statistics(const at::Tensor& x, std::int64_t cells_before);

  at::Tensor weight_, bias_, running_mean_, running_var_, num_batches_tracked_;
  BatchNormOptions options_;
};

}  // namespace sctab::nn
