#include "sctab/train/loss.hpp"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>
#include <limits>

#include "sctab/core/error.hpp"

namespace sctab::train {
namespace {

/// The sum of one value a cell, in one order whatever the threads, as cross_entropy_loss adds: sum() has none where
/// batches are long.
at::Tensor ordered_sum(const at::Tensor& values) {
  return -at::nll_loss(values.unsqueeze(1), at::zeros_like(values, at::kLong), {}, at::Reduction::Sum);
}

/// -log of the probability of each cell's label, its subtypes included.
at::Tensor hierarchical_losses(const at::Tensor& logits, const at::Tensor& targets, const LossTerms& terms) {
  const at::Tensor of_label = at::logsumexp(logits + terms.hierarchy.index_select(0, targets), {1});
  return at::logsumexp(logits, {1}) - of_label;
}

/// The cross-entropy of each cell against its smoothed label.
at::Tensor smoothed_losses(const at::Tensor& logits, const at::Tensor& targets, const LossTerms& terms) {
  return -(terms.soft_targets.index_select(0, targets) * at::log_softmax(logits, 1)).sum(1);
}

/// sum(w·l) / sum(w) over the cells.
at::Tensor mean_loss(const at::Tensor& logits, const at::Tensor& targets, const LossTerms& terms) {
  const bool smoothed = terms.soft_targets.defined();
  if (!smoothed && !terms.hierarchy.defined()) return at::cross_entropy_loss(logits, targets, terms.class_weights);
  const at::Tensor losses =
      smoothed ? smoothed_losses(logits, targets, terms) : hierarchical_losses(logits, targets, terms);
  const at::Tensor weights = terms.class_weights.index_select(0, targets);
  return ordered_sum(losses * weights) / ordered_sum(weights);
}

/// sum(w·l) over the cells, of labels as they are.
at::Tensor summed_loss(const at::Tensor& logits, const at::Tensor& targets, const LossTerms& terms) {
  if (!terms.hierarchy.defined()) {
    return at::cross_entropy_loss(logits, targets, terms.class_weights, at::Reduction::Sum);
  }
  return ordered_sum(hierarchical_losses(logits, targets, terms) * terms.class_weights.index_select(0, targets));
}

}  // namespace

at::Tensor hierarchy_tensor(const ontology::SubtypeMatrix& subtypes, std::span<const std::int64_t> cells_per_type,
                            double credit) {
  SCTAB_ASSERT(cells_per_type.size() == subtypes.size() && credit > 0 && credit <= 1);
  const auto of_subtype = static_cast<float>(std::log(credit));
  const auto n = static_cast<std::int64_t>(subtypes.size());
  at::Tensor hierarchy = at::full({n, n}, -std::numeric_limits<float>::infinity());
  auto* values = hierarchy.data_ptr<float>();
  for (std::size_t label = 0; label < subtypes.size(); ++label) {
    for (std::size_t type = 0; type < subtypes.size(); ++type, ++values) {
      if (cells_per_type[type] > 0 && subtypes.is_subtype(label, type)) *values = of_subtype;
      if (type == label) *values = 0;
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
