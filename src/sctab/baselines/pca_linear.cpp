#include "sctab/baselines/pca_linear.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "sctab/baselines/pca_arrays.hpp"
#include "sctab/baselines/type_scores.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/evaluate/evaluation.hpp"
#include "sctab/kernels/adamw.hpp"
#include "sctab/kernels/dense_product.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/reader_threads.hpp"

namespace sctab::baselines {
namespace {

/// A parameter and AdamW's moments of it.
struct Trained {
  std::vector<float> value, gradient, exp_avg, exp_avg_sq;

  explicit Trained(std::size_t size) : value(size), gradient(size), exp_avg(size), exp_avg_sq(size) {}
  void step(const kernels::AdamWOptions& options, std::int64_t step) {
    const kernels::AdamWTensor tensor{gradient, value, exp_avg, exp_avg_sq};
    kernels::adamw_step(options, step, 1.0F, {&tensor, 1});
  }
};

/// scores · weightᵀ + bias. scores: n × depth; weight: n_types × depth.
std::vector<float> logits_of(std::span<const float> scores, std::span<const float> weight,
                             std::span<const float> bias) {
  const std::size_t n_types = bias.size(), depth = weight.size() / n_types;
  std::vector<float> logits(scores.size() / depth * n_types);
  if (!logits.empty()) kernels::product_transposed(scores, weight, static_cast<std::int64_t>(depth), logits);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] += bias[i % n_types];
  return logits;
}

/// Softmax regression with weighted cross-entropy, one step a batch.
class Regression {
 public:
  Regression(std::size_t n_types, std::size_t depth, CellsPerType cells, std::vector<double> class_weights)
      : weight_(n_types * depth),
        bias_(n_types),
        cells_per_type_(std::move(cells)),
        class_weights_(std::move(class_weights)) {}

  /// Returns the batch's loss before the step.
  double step(std::span<const float> scores, std::span<const core::TypeIndex> types, kernels::AdamWOptions options) {
    const std::size_t n_types = bias_.value.size();
    std::vector<float> gradient = softmax(logits_of(scores, weight_.value, bias_.value), cells_per_type_);
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
  CellsPerType cells_per_type_;
  std::vector<double> class_weights_;
  std::int64_t steps_ = 0;
};

/// Divides rows of components by one number, so that the learning rate suits every corpus.
void scale(std::span<float> scores, float by) {
  for (float& value : scores) value *= by;
}

float score_scale(const linalg::Pca& pca) {
  return static_cast<float>(1 / std::sqrt(pca.variance.front()));
}

class PcaLinearPredictor : public nn::Predictor {
 public:
  PcaLinearPredictor(const nn::ModelArrays& arrays, const nn::Architecture& architecture)
      : pca_(pca_from(arrays, architecture.n_genes, architecture.n_components)),
        weight_(arrays.floats("weight", {architecture.n_types, architecture.n_components})),
        bias_(arrays.floats("bias", {architecture.n_types})),
        cells_per_type_(arrays.floats("cells_per_type", {architecture.n_types})) {}

  void predict(sparse::CsrView log_norm, std::vector<float>& probabilities,
               std::vector<float>& embedding) const override {
    std::vector<float> scores = pca_.project(log_norm);
    embedding.insert(embedding.end(), scores.begin(), scores.end());
    scale(scores, score_scale(pca_));
    const std::vector<float> found = softmax(logits_of(scores, weight_, bias_), cells_per_type_);
    probabilities.insert(probabilities.end(), found.begin(), found.end());
  }

 private:
  linalg::Pca pca_;
  std::vector<float> weight_, bias_;
  CellsPerType cells_per_type_;
};

}  // namespace

Fitted fit_pca_linear(const Corpus& corpus, const PcaLinearOptions& options) {
  const linalg::Pca pca = linalg::fit_pca(corpus.store, options.pca, corpus.threads);
  const std::int64_t n_types = corpus.size.n_types();
  CellsPerType cells(corpus.size.cells_per_type.begin(), corpus.size.cells_per_type.end());
  Regression regression(static_cast<std::size_t>(n_types), static_cast<std::size_t>(pca.n_components), cells,
                        evaluate::balanced_class_weights(corpus.size.cells_per_type));

  const auto wanted = static_cast<std::uint64_t>(std::max<std::int64_t>(1, corpus.size.n_train / options.steps_wanted));
  const auto batch_size = std::min(static_cast<std::int64_t>(std::bit_floor(wanted)), options.largest_batch);
  store::Loader loader(
      corpus.store, store::Split::kTrain,
      {.batch_size = batch_size, .seed = corpus.seed, .threads = store::reader_threads(corpus.threads)});
  const std::int64_t n_batches = loader.n_batches();
  const std::int64_t epochs = std::max(options.fewest_epochs, (options.total_steps + n_batches - 1) / n_batches);
  core::Progress progress("logistic regression", corpus.size.n_train * epochs);
  kernels::AdamWOptions adamw{.weight_decay = options.weight_decay};
  std::vector<float> scores;
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    loader.start(epoch);
    adamw.learning_rate =
        options.learning_rate * std::pow(0.01, static_cast<double>(epoch) / static_cast<double>(epochs));
    double loss = 0;
    for (store::Batch batch; loader.next(batch); progress.advance(batch.x.n_cells)) {
      core::check_interrupt();
      scores.resize(static_cast<std::size_t>(batch.x.n_cells * pca.n_components));
      pca.project(batch.x.view(), scores);
      scale(scores, score_scale(pca));
      loss += regression.step(scores, batch.cell_types, adamw);
    }
    progress.note(fmt::format("loss {:.4f}", loss / static_cast<double>(n_batches)));
  }
  progress.finish();

  Fitted fitted;
  add_pca(pca, fitted.arrays);
  fitted.arrays.add("weight", {n_types, pca.n_components}, regression.weight());
  fitted.arrays.add("bias", {n_types}, regression.bias());
  fitted.arrays.add("cells_per_type", {n_types}, std::move(cells));
  fitted.n_components = pca.n_components;
  fitted.facts = {{"epochs", epochs},
                  {"batch_size", batch_size},
                  {"learning_rate", options.learning_rate},
                  {"weight_decay", options.weight_decay}};
  return fitted;
}

std::unique_ptr<nn::Predictor> load_pca_linear(const std::filesystem::path& weights,
                                               const nn::Architecture& architecture) {
  return std::make_unique<PcaLinearPredictor>(nn::ModelArrays::read(weights), architecture);
}

}  // namespace sctab::baselines
