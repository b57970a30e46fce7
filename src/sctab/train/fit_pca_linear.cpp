#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/evaluate/evaluation.hpp"
#include "sctab/kernels/adamw.hpp"
#include "sctab/kernels/dense_product.hpp"
#include "sctab/linalg/pca.hpp"
#include "sctab/model/model_arrays.hpp"
#include "sctab/model/type_scores.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/reader_threads.hpp"
#include "sctab/train/train_kinds.hpp"

namespace sctab::train {
namespace {

// A batch is the largest power of two that makes this many steps an epoch.
constexpr std::int64_t kLargestBatch = 2048, kBatchesWanted = 60;
constexpr std::int64_t kTotalSteps = 4000, kLeastEpochs = 10;
constexpr double kLearningRate = 0.01;  // AdamW's, falling evenly to a hundredth over the run
constexpr double kWeightDecay = 0.01;

/// A parameter and AdamW's moments of it.
struct Trained {
  std::vector<float> value, gradient, exp_avg, exp_avg_sq;

  explicit Trained(std::size_t size) : value(size), gradient(size), exp_avg(size), exp_avg_sq(size) {}
  void step(const kernels::AdamWOptions& options, std::int64_t step) {
    const kernels::AdamWTensor tensor{gradient, value, exp_avg, exp_avg_sq};
    kernels::adamw_step(options, step, 1.0F, {&tensor, 1});
  }
};

/// Softmax regression with weighted cross-entropy, one step a batch.
class Regression {
 public:
  Regression(std::size_t n_types, std::size_t depth, model::CellsPerType cells, std::vector<double> class_weights)
      : weight_(n_types * depth),
        bias_(n_types),
        cells_per_type_(std::move(cells)),
        class_weights_(std::move(class_weights)) {}

  /// Returns the batch's loss before the step.
  double step(std::span<const float> scores, std::span<const core::TypeIndex> types, kernels::AdamWOptions options) {
    const std::size_t n_types = bias_.value.size();
    std::vector<float> gradient = model::softmax(model::logits(scores, weight_.value, bias_.value), cells_per_type_);
    double loss = 0, total = 0;
    for (const core::TypeIndex type : types) total += class_weights_[static_cast<std::size_t>(type)];
    std::ranges::fill(bias_.gradient, 0.0F);
    for (std::size_t cell = 0; cell < types.size(); ++cell) {
      const auto type = static_cast<std::size_t>(types[cell]);
      const double share = class_weights_[type] / total;
      float* row = gradient.data() + cell * n_types;
      loss -= share * std::log(std::max(1e-30, static_cast<double>(row[type])));
      row[type] -= 1;
      for (std::size_t i = 0; i < n_types; ++i) bias_.gradient[i] += row[i] *= static_cast<float>(share);
    }
    kernels::transposed_product(gradient, scores, std::ssize(types), weight_.gradient);
    weight_.step(options, ++steps_);
    options.weight_decay = 0;
    bias_.step(options, steps_);
    return loss;
  }
  [[nodiscard]] const std::vector<float>& weight() const { return weight_.value; }
  [[nodiscard]] const std::vector<float>& bias() const { return bias_.value; }

 private:
  Trained weight_, bias_;
  model::CellsPerType cells_per_type_;
  std::vector<double> class_weights_;
  std::int64_t steps_ = 0;
};

}  // namespace

/// Multinomial logistic regression on principal components of the training cells, which are divided by the standard
/// deviation of the first; balanced class weights.
Fitted fit_pca_linear(const Corpus& corpus, const TrainOptions& options) {
  const linalg::Pca pca =
      linalg::fit_pca(corpus.store, {.n_components = *options.components, .seed = corpus.seed}, corpus.threads);
  const std::int64_t n_types = corpus.size.n_types();
  model::CellsPerType cells(corpus.size.cells_per_type.begin(), corpus.size.cells_per_type.end());
  Regression regression(static_cast<std::size_t>(n_types), static_cast<std::size_t>(pca.n_components), cells,
                        evaluate::balanced_class_weights(corpus.size.cells_per_type));

  const auto wanted = static_cast<std::uint64_t>(std::max<std::int64_t>(1, corpus.size.n_train / kBatchesWanted));
  const auto batch_size = std::min(static_cast<std::int64_t>(std::bit_floor(wanted)), kLargestBatch);
  store::Loader loader(
      corpus.store, store::Split::kTrain,
      {.batch_size = batch_size, .seed = corpus.seed, .threads = store::reader_threads(corpus.threads)});
  const std::int64_t n_batches = loader.n_batches();
  const std::int64_t epochs = std::max(kLeastEpochs, (kTotalSteps + n_batches - 1) / n_batches);
  core::Progress progress("logistic regression", corpus.size.n_train * epochs);
  kernels::AdamWOptions adamw{.weight_decay = kWeightDecay};
  std::vector<float> scores;
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    loader.start(epoch);
    adamw.learning_rate = kLearningRate * std::pow(0.01, static_cast<double>(epoch) / static_cast<double>(epochs));
    double loss = 0;
    for (store::Batch batch; loader.next(batch); progress.advance(batch.x.n_cells)) {
      core::check_interrupt();
      scores.resize(static_cast<std::size_t>(batch.x.n_cells * pca.n_components));
      pca.project(batch.x.view(), scores);
      model::scale_components(pca, scores);
      loss += regression.step(scores, batch.cell_types, adamw);
    }
    progress.note(fmt::format("loss {:.4f}", loss / static_cast<double>(n_batches)));
  }
  progress.finish();

  Fitted fitted;
  model::add_pca(pca, fitted.arrays);
  fitted.arrays.add("weight", {n_types, pca.n_components}, regression.weight());
  fitted.arrays.add("bias", {n_types}, regression.bias());
  fitted.arrays.add("cells_per_type", {n_types}, std::move(cells));
  fitted.n_components = pca.n_components;
  fitted.facts = {
      {"epochs", epochs}, {"batch_size", batch_size}, {"learning_rate", kLearningRate}, {"weight_decay", kWeightDecay}};
  return fitted;
}

}  // namespace sctab::train
