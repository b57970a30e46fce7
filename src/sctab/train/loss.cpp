#include "sctab/train/loss.hpp"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <limits>

namespace sctab::train {
namespace {

/// sum(w·l) over the cells.
at::Tensor summed_loss(const at::Tensor& logits, const at::Tensor& targets, const LossTerms& terms) {
  if (!terms.hierarchy.defined()) {
    return at::cross_entropy_loss(logits, targets, terms.class_weights, at::Reduction::Sum);
  }
  const at::Tensor of_label = at::logsumexp(logits + terms.hierarchy.index_select(0, targets), {1});
  return at::dot(terms.class_weights.index_select(0, targets), at::logsumexp(logits, {1}) - of_label);
}

/// The sum of one value a cell, in one order whatever the threads, as cross_entropy_loss adds: sum() has none where
/// batches are long.
at::Tensor ordered_sum(const at::Tensor& values) {
  return -at::nll_loss(values.unsqueeze(1), at::zeros_like(values, at::kLong), {}, at::Reduction::Sum);
}

/// sum(w·l) / sum(w) of smoothed labels.
at::Tensor smoothed_loss(const at::Tensor& logits, const at::Tensor& targets, const LossTerms& terms) {
  const at::Tensor weights = terms.class_weights.index_select(0, targets);
  const at::Tensor of_cell = (terms.soft_targets.index_select(0, targets) * at::log_softmax(logits, 1)).sum(1);
  return -ordered_sum(of_cell * weights) / ordered_sum(weights);
}

/// sum(w·l) / sum(w) over the cells.
at::Tensor mean_loss(const at::Tensor& logits, const at::Tensor& targets, const LossTerms& terms) {
  if (terms.soft_targets.defined()) return smoothed_loss(logits, targets, terms);
  if (!terms.hierarchy.defined()) return at::cross_entropy_loss(logits, targets, terms.class_weights);
  return summed_loss(logits, targets, terms) / terms.class_weights.index_select(0, targets).sum();
}

}  // namespace

at::Tensor hierarchy_tensor(const ontology::SubtypeMatrix& subtypes) {
  const auto n = static_cast<std::int64_t>(subtypes.size());
  at::Tensor hierarchy = at::full({n, n}, -std::numeric_limits<float>::infinity());
  auto* values = hierarchy.data_ptr<float>();
  for (std::size_t label = 0; label < subtypes.size(); ++label) {
    for (std::size_t type = 0; type < subtypes.size(); ++type, ++values) {
      if (subtypes.is_subtype(label, type)) *values = 0;
    }
  }
  return hierarchy;
}

at::Tensor training_loss(const nn::NetworkOutput& output, const at::Tensor& targets, const LossTerms& terms) {
  return mean_loss(output.logits, targets, terms) - output.mask_loss * terms.lambda_sparse;
}

void SplitLoss::add(const nn::NetworkOutput& output, const at::Tensor& targets) {
  const auto n = static_cast<double>(output.logits.size(0));
  loss_ += summed_loss(output.logits, targets, terms_).item<double>();
  weight_ += terms_.class_weights.index_select(0, targets).to(at::kDouble).sum().item<double>();
  mask_loss_ += n * output.mask_loss.item<double>();
  n_cells_ += n;
}

double SplitLoss::value() const {
  if (weight_ == 0) return std::numeric_limits<double>::quiet_NaN();
  return loss_ / weight_ - terms_.lambda_sparse * mask_loss_ / n_cells_;
}

}  // namespace sctab::train
