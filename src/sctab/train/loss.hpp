#pragma once

#include <ATen/core/Tensor.h>

#include "sctab/nn/network.hpp"

namespace sctab::train {

/// Cross-entropy with class weights, sum(w·l) / sum(w) as in torch, minus lambda_sparse times the mask loss.
/// targets: int64, one a cell; class_weights: float32, one a type. A scalar with a gradient.
at::Tensor training_loss(const nn::NetworkOutput& output, const at::Tensor& targets, const at::Tensor& class_weights,
                         double lambda_sparse);

/// The same loss over a split that comes in batches, in double: the size of the batches does not change it.
class SplitLoss {
 public:
  SplitLoss(at::Tensor class_weights, double lambda_sparse)
      : class_weights_(std::move(class_weights)), lambda_sparse_(lambda_sparse) {}
  void add(const nn::NetworkOutput& output, const at::Tensor& targets);
  /// NaN where no cell was added, or none of a type that weighs anything.
  [[nodiscard]] double value() const;

 private:
  at::Tensor class_weights_;
  double lambda_sparse_;
  double loss_ = 0, weight_ = 0, mask_loss_ = 0;  // mask_loss_: times the cells
  double n_cells_ = 0;
};

}  // namespace sctab::train
