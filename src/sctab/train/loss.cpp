#include "sctab/train/loss.hpp"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "sctab/core/error.hpp"
#include "sctab/evaluate/label_union.hpp"
#include "sctab/train/sampling.hpp"

namespace sctab::train {
namespace {

using ontology::TermIndex;

/// The sum of one value a cell, in one order for any number of threads, as cross_entropy_loss adds; sum() has no fixed
/// order for long batches.
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

/// The term that each type is and all above it, ascending; none for an unknown type.
std::vector<std::vector<TermIndex>> lines_of(std::span<const std::string> ids, const ontology::Ontology& ontology) {
  std::vector<std::vector<TermIndex>> lines;
  for (const std::string& id : ids) {
    std::vector<TermIndex>& line = lines.emplace_back();
    const std::optional<TermIndex> term = ontology.resolve(id);
    if (!term) continue;
    line = ontology.ancestors(*term);
    line.insert(std::ranges::lower_bound(line, *term), *term);
  }
  return lines;
}

at::Tensor float_tensor(std::span<const double> values) {
  at::Tensor tensor = at::empty({std::ssize(values)}, at::kFloat);
  std::ranges::transform(values, tensor.data_ptr<float>(), [](double value) { return static_cast<float>(value); });
  return tensor;
}

/// How often each type is shown, where all are.
std::vector<double> rates_of(const CorpusSize& size, const TrainPlan& plan) {
  const std::vector<double> rates = copies_per_type(size, plan);
  return rates.empty() ? std::vector<double>(size.cells_per_type.size(), 1) : rates;
}

at::Tensor class_weights_tensor(const CorpusSize& size, const TrainPlan& plan) {
  if (!plan.class_weights) return at::ones({size.n_types()}, at::kFloat);
  return float_tensor(balanced_weights(size.cells_per_type, rates_of(size, plan)));
}

}  // namespace

std::vector<double> closeness(std::span<const std::string> ids, const ontology::Ontology& ontology) {
  const std::size_t n = ids.size();
  const std::vector<std::vector<TermIndex>> lines = lines_of(ids, ontology);
  const auto n_known =
      static_cast<double>(std::ranges::count_if(lines, [](const auto& line) { return !line.empty(); }));
  std::vector<double> n_below(static_cast<std::size_t>(ontology.size()), 0);
  for (const auto& line : lines) {
    for (const TermIndex term : line) ++n_below[static_cast<std::size_t>(term)];
  }
  const auto information = [&](std::span<const TermIndex> terms) {
    double sum = 0;
    for (const TermIndex term : terms) sum += std::log(n_known / n_below[static_cast<std::size_t>(term)]);
    return sum;
  };
  std::vector<double> close(n * n, 0);
  for (std::size_t a = 0; a < n; ++a) {
    close[a * n + a] = 1;
    for (std::size_t b = 0; b < a; ++b) {
      std::vector<TermIndex> common;
      std::ranges::set_intersection(lines[a], lines[b], std::back_inserter(common));
      const double shared = information(common);
      const double all = information(lines[a]) + information(lines[b]) - shared;
      close[a * n + b] = close[b * n + a] = all > 0 ? shared / all : 0;
    }
  }
  return close;
}

std::vector<double> soft_targets(std::span<const std::int64_t> cells_per_type, double share,
                                 std::span<const double> weights) {
  const std::size_t n = cells_per_type.size();
  SCTAB_ASSERT(share >= 0 && share < 1 && (weights.empty() || weights.size() == n * n));
  std::vector<double> targets(n * n, 0);
  for (std::size_t label = 0; label < n; ++label) {
    const auto row = std::span(targets).subspan(label * n, n);
    row[label] = 1;
    if (cells_per_type[label] == 0) continue;
    const auto weight = [&](std::size_t type) {
      if (cells_per_type[type] == 0) return 0.0;
      return weights.empty() ? 1.0 : weights[label * n + type];
    };
    double sum = 0;
    for (std::size_t type = 0; type < n; ++type) sum += weight(type);
    for (std::size_t type = 0; type < n; ++type) {
      row[type] = (type == label ? 1 - share : 0) + share * weight(type) / sum;
    }
  }
  return targets;
}

std::vector<double> soft_targets(const store::Store& store, const TrainPlan& plan, const CorpusSize& size) {
  if (plan.label_smoothing == 0) return {};
  if (plan.smoothing == Smoothing::kUniform) return soft_targets(size.cells_per_type, plan.label_smoothing);
  const auto ontology = ontology::Ontology::from_json(store.ontology(), (store.directory() / "ontology.json").string());
  return soft_targets(size.cells_per_type, plan.label_smoothing, closeness(evaluate::cell_type_ids(store), ontology));
}

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

at::Tensor targets_tensor(std::span<const core::TypeIndex> cell_types) {
  const auto n = static_cast<std::int64_t>(cell_types.size());
  at::Tensor targets = at::empty({n}, at::kLong);
  std::ranges::copy(cell_types, targets.data_ptr<std::int64_t>());
  return targets;
}

at::Tensor soft_targets_tensor(const store::Store& store, const TrainPlan& plan, const CorpusSize& size) {
  const std::vector<double> targets = soft_targets(store, plan, size);
  return targets.empty() ? at::Tensor() : float_tensor(targets).view({size.n_types(), size.n_types()});
}

LossTerms loss_terms(const TrainPlan& plan, const CorpusSize& size, const ontology::SubtypeMatrix& subtypes) {
  LossTerms terms{.class_weights = class_weights_tensor(size, plan), .lambda_sparse = plan.lambda_sparse};
  if (plan.loss == LossKind::kHierarchical)
    terms.hierarchy = hierarchy_tensor(subtypes, size.cells_per_type, plan.subtype_credit);
  return terms;
}

LossTerms validation_terms(const TrainPlan& plan, const CorpusSize& size, const ontology::SubtypeMatrix& subtypes) {
  LossTerms terms = loss_terms(plan, size, subtypes);
  terms.class_weights.mul_(float_tensor(rates_of(size, plan)));
  return terms;
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
