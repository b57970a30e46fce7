#include "sctab/train/loss.hpp"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <limits>

namespace sctab::train {

at::Tensor training_loss(const nn::NetworkOutput& output, const at::Tensor& targets, const at::Tensor& class_weights,
                         double lambda_sparse) {
  return at::cross_entropy_loss(output.logits, targets, class_weights) - output.mask_loss * lambda_sparse;
}

void SplitLoss::add(const nn::NetworkOutput& output, const at::Tensor& targets) {
  const auto n = static_cast<double>(output.logits.size(0));
  loss_ += at::cross_entropy_loss(output.logits, targets, class_weights_, at::Reduction::Sum).item<double>();
  weight_ += class_weights_.index_select(0, targets).to(at::kDouble).sum().item<double>();
  mask_loss_ += n * output.mask_loss.item<double>();
  n_cells_ += n;
}

double SplitLoss::value() const {
  if (weight_ == 0) return std::numeric_limits<double>::quiet_NaN();
  return loss_ / weight_ - lambda_sparse_ * mask_loss_ / n_cells_;
}

}  // namespace sctab::train
