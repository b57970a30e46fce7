#include "sctab/train/validation.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/Functions.h>

#include <limits>
#include <utility>

#include "sctab/core/interrupt.hpp"
#include "sctab/evaluate/evaluation.hpp"
#include "sctab/evaluate/split_levels.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/reader_threads.hpp"
#include "sctab/train/sampling.hpp"
#include "sctab/train/soft_targets.hpp"

namespace sctab::train {
namespace {

using core::TypeIndex;

constexpr CellIndex kCellsForBatchNorm = 4096;  // the error of a mean over them is 1/64 of a standard deviation
constexpr CellIndex kValidationBatch = 2048;

/// The network's favourite for each cell.
std::vector<TypeIndex> predicted_types(const at::Tensor& logits) {
  const at::Tensor best = logits.argmax(1).to(at::kInt).contiguous();
  const auto* values = best.data_ptr<TypeIndex>();
  return {values, values + best.numel()};
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

at::Tensor targets_tensor(std::span<const TypeIndex> cell_types) {
  const auto n = static_cast<std::int64_t>(cell_types.size());
  at::Tensor targets = at::empty({n}, at::kLong);
  std::ranges::copy(cell_types, targets.data_ptr<std::int64_t>());
  return targets;
}

at::Tensor soft_targets_tensor(const store::Store& store, const TrainPlan& plan, const CorpusSize& size) {
  const std::vector<double> targets = soft_targets(store, plan, size);
  return targets.empty() ? at::Tensor() : float_tensor(targets).view({size.n_types(), size.n_types()});
}

std::vector<double> copies_per_type(const CorpusSize& size, const TrainPlan& plan) {
  return plan.sampling_power > 0 ? sampling_rates(size.cells_per_type, plan.sampling_power) : std::vector<double>();
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

void reestimate_batch_norm(nn::Network& network, const store::Store& store, const TrainPlan& plan,
                           const CorpusSize& size, int threads) {
  store::Loader loader(store, store::Split::kTrain,
                       {.batch_size = plan.batch_size,
                        .seed = plan.seed,
                        .shuffle = false,
                        .threads = store::reader_threads(threads),
                        .copies_per_type = copies_per_type(size, plan)});
  const evaluate::SplitLevels levels(store, store::Split::kTrain, plan.covariate);
  sparse::CsrMatrix with_levels;
  nn::BatchNormEstimate estimate(network);
  std::int64_t n_batches = 0;
  for (store::Batch batch; estimate.n_cells() < kCellsForBatchNorm && loader.next(batch);) {
    core::check_interrupt();
    const core::Rng hiding = core::Rng(plan.seed).child("batch norm", static_cast<std::uint64_t>(n_batches++));
    estimate.add(levels.add_some(batch.x.view(), batch.rows, plan.covariate_dropout, hiding, with_levels));
  }
}

Validation::Validation(const store::Store& store, ontology::SubtypeMatrix subtypes, LossTerms terms,
                       std::optional<model::Covariate> covariate, int threads)
    : store_(store),
      subtypes_(std::move(subtypes)),
      terms_(std::move(terms)),
      levels_(store, store::Split::kVal, std::move(covariate)),
      threads_(threads) {}

ValidationScores Validation::score(nn::Network& network) const {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (store_.n_cells(store::Split::kVal) == 0) return {kNone, kNone};
  const at::NoGradGuard no_gradients;
  network.eval();
  store::Loader loader(store_, store::Split::kVal,
                       {.batch_size = kValidationBatch, .shuffle = false, .threads = store::reader_threads(threads_)});
  SplitLoss loss(terms_);
  evaluate::ConfusionMatrix confusion(subtypes_.size());
  sparse::CsrMatrix with_levels;
  for (store::Batch batch; loader.next(batch);) {
    core::check_interrupt();
    const nn::NetworkOutput output = network.forward(levels_.add(batch.x.view(), batch.rows, with_levels));
    std::vector<TypeIndex> targets = predicted_types(output.logits);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const auto truth = batch.cell_types[i], predicted = targets[i];
      confusion.add(truth, predicted);
      // The published code's targets: the prediction where it is a subtype of the author's label. The hierarchical
      // loss has the subtypes in it already.
      if (terms_.hierarchy.defined() ||
          !subtypes_.is_subtype(static_cast<std::size_t>(truth), static_cast<std::size_t>(predicted))) {
        targets[i] = truth;
      }
    }
    loss.add(output, targets_tensor(targets));
  }
  return {loss.value(), evaluate::score(evaluate::corrected(confusion, subtypes_)).macro_f1};
}

}  // namespace sctab::train
