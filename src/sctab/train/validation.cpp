#include "sctab/train/validation.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/Functions.h>

#include <limits>
#include <utility>

#include "sctab/core/interrupt.hpp"
#include "sctab/evaluate/evaluation.hpp"
#include "sctab/evaluate/split_levels.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/reader_threads.hpp"
#include "sctab/train/sampling.hpp"

namespace sctab::train {
namespace {

using core::TypeIndex;

constexpr CellIndex kCellsForBatchNorm = 4096;  // the error of a mean over them is 1/64 of a standard deviation
constexpr CellIndex kValidationBatch = 2048;

}  // namespace

void reestimate_batch_norm(nn::Network& network, const store::Store& store, const TrainPlan& plan,
                           const CorpusSize& size, int threads) {
  store::Loader loader(store, store::Split::kTrain,
                       {.batch_size = plan.batch_size,
                        .seed = plan.seed,
                        .shuffle = false,
                        .threads = store::reader_threads(threads),
                        .copies_per_type = copies_per_type(size, plan)});
  const model::CellLevels levels = evaluate::split_levels(store, store::Split::kTrain, plan.covariate);
  sparse::CsrMatrix with_levels;
  nn::BatchNormEstimate estimate(network);
  std::int64_t n_batches = 0;
  for (store::Batch batch; estimate.n_cells() < kCellsForBatchNorm && loader.next(batch);) {
    core::check_interrupt();
    const core::Rng hiding = core::Rng(plan.seed).child("batch norm", static_cast<std::uint64_t>(n_batches++));
    estimate.add(levels.add(batch.x.view(), batch.rows, with_levels, plan.covariate_dropout, hiding));
  }
}

Validation::Validation(const store::Store& store, ontology::SubtypeMatrix subtypes, LossTerms terms,
                       const std::optional<model::Covariate>& covariate, int threads)
    : store_(store),
      subtypes_(std::move(subtypes)),
      terms_(std::move(terms)),
      levels_(evaluate::split_levels(store, store::Split::kVal, covariate)),
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
    const at::Tensor logits = output.logits.contiguous();
    std::vector<TypeIndex> targets =
        model::best_types({logits.data_ptr<float>(), static_cast<std::size_t>(logits.numel())}, logits.size(1));
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
