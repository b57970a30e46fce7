#include "sctab/baselines/pca_linear.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "sctab/baselines/softmax_regression.hpp"
#include "sctab/baselines/type_scores.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/metrics/evaluation.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/train/early_stopping.hpp"
#include "sctab/train/label_subtypes.hpp"
#include "sctab/train/reader_threads.hpp"

namespace sctab::baselines {
namespace {

/// Multiplies rows of components by a factor each. scores: n × factors.
void scale(std::span<float> scores, std::span<const float> factors) {
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] *= factors[i % factors.size()];
}

/// What a model's weights are for: components divided by the standard deviation of the first.
std::vector<float> model_factors(const Pca& pca) {
  return std::vector<float>(pca.variance.size(), static_cast<float>(1 / std::sqrt(pca.variance.front())));
}

/// What whitening multiplies the components of model_factors() with: (sd of the first / their own)^whitening.
std::vector<float> whitening_factors(const Pca& pca, double whitening) {
  std::vector<float> factors;
  for (const double variance : pca.variance) {
    factors.push_back(static_cast<float>(std::pow(pca.variance.front() / variance, whitening / 2)));
  }
  return factors;
}

/// One of the regressions that are trained at once, and the weights of its best epoch.
class Candidate {
 public:
  Candidate(const Corpus& corpus, const Pca& pca, double whitening, double weight_decay)
      : whitening_(whitening),
        weight_decay_(weight_decay),
        factors_(whitening_factors(pca, whitening)),
        regression_(factors_.size(), cells_per_type(corpus),
                    metrics::balanced_class_weights(corpus.size.cells_per_type)) {}

  /// scores: n × components, as a model scales them.
  double step(std::span<const float> scores, std::span<const core::TypeIndex> types, double learning_rate) {
    inputs_.assign(scores.begin(), scores.end());
    scale(inputs_, factors_);
    return regression_.step(inputs_, types, {.learning_rate = learning_rate, .weight_decay = weight_decay_});
  }
  /// Weights on components as a model scales them: n_types × components.
  [[nodiscard]] std::vector<float> weight() const {
    std::vector<float> weight = regression_.weight();
    scale(weight, factors_);
    return weight;
  }
  [[nodiscard]] const std::vector<float>& bias() const { return regression_.bias(); }

  /// The score of the epoch that has ended; NaN without validation cells.
  void finish_epoch(double val_macro_f1) {
    if (!epochs_.add(val_macro_f1)) return;
    best_weight_ = weight();
    best_bias_ = bias();
  }
  [[nodiscard]] double best_score() const { return epochs_.state().best_score; }
  [[nodiscard]] const std::vector<float>& best_weight() const { return best_weight_; }
  [[nodiscard]] const std::vector<float>& best_bias() const { return best_bias_; }
  [[nodiscard]] nlohmann::json facts() const {
    return {{"whitening", whitening_},
            {"weight_decay", weight_decay_},
            {"best_epoch", epochs_.state().best_epoch + 1},
            {"best_val_macro_f1", core::json_number(best_score())}};
  }

  static CellsPerType cells_per_type(const Corpus& corpus) {
    return {corpus.size.cells_per_type.begin(), corpus.size.cells_per_type.end()};
  }

 private:
  double whitening_, weight_decay_;
  std::vector<float> factors_, inputs_, best_weight_, best_bias_;
  SoftmaxRegression regression_;
  train::EarlyStopping epochs_{std::numeric_limits<std::int64_t>::max()};  // keeps the best; all are trained to the end
};

/// Trains all candidates on the same batches, and scores them after each epoch.
class Search {
 public:
  Search(const Corpus& corpus, const Pca& pca, const PcaLinearOptions& options);
  void run();
  /// The one with the highest score; of equal ones the first, and so where there are no scores.
  [[nodiscard]] const Candidate& best() const;
  [[nodiscard]] nlohmann::json facts() const;

 private:
  double train_epoch(std::int64_t epoch, core::Progress& progress);  // returns the loss of the candidate that leads
  void score_epoch();
  /// Of each candidate, over the validation cells.
  [[nodiscard]] std::vector<metrics::ConfusionMatrix> confusions();

  const Corpus& corpus_;
  const Pca& pca_;
  const PcaLinearOptions& options_;
  ontology::SubtypeMatrix subtypes_;
  std::vector<float> factors_, scores_;
  std::vector<Candidate> candidates_;
  std::int64_t batch_size_;
  store::Loader loader_;
  std::int64_t epochs_;
};

std::int64_t batch_size_of(const Corpus& corpus, const PcaLinearOptions& options) {
  const auto wanted = static_cast<std::uint64_t>(std::max<std::int64_t>(1, corpus.size.n_train / options.steps_wanted));
  return std::min(static_cast<std::int64_t>(std::bit_floor(wanted)), options.largest_batch);
}

Search::Search(const Corpus& corpus, const Pca& pca, const PcaLinearOptions& options)
    : corpus_(corpus),
      pca_(pca),
      options_(options),
      subtypes_(train::store_subtypes(corpus.store)),
      factors_(model_factors(pca)),
      batch_size_(batch_size_of(corpus, options)),
      loader_(corpus.store, store::Split::kTrain,
              {.batch_size = batch_size_, .seed = corpus.seed, .threads = train::reader_threads(corpus.threads)}),
      epochs_(std::max(options.fewest_epochs, (options.total_steps + loader_.n_batches() - 1) / loader_.n_batches())) {
  for (const double whitening : options.whitenings) {
    for (const double decay : options.weight_decays) candidates_.emplace_back(corpus, pca, whitening, decay);
  }
}

void Search::run() {
  core::Progress progress("logistic regression", corpus_.size.n_train * epochs_);
  for (std::int64_t epoch = 0; epoch < epochs_; ++epoch) {
    const double loss = train_epoch(epoch, progress);
    score_epoch();
    const double score = best().best_score();
    progress.note(std::isnan(score) ? fmt::format("loss {:.4f}", loss)
                                    : fmt::format("loss {:.4f}, best validation macro F1 {:.4f}", loss, score));
  }
  progress.finish();
}

double Search::train_epoch(std::int64_t epoch, core::Progress& progress) {
  loader_.start(epoch);
  const double rate =
      options_.learning_rate * std::pow(0.01, static_cast<double>(epoch) / static_cast<double>(epochs_));
  const Candidate* leading = &best();
  double loss = 0;
  for (store::Batch batch; loader_.next(batch); progress.advance(batch.x.n_cells)) {
    core::check_interrupt();
    scores_.resize(static_cast<std::size_t>(batch.x.n_cells * pca_.n_components));
    pca_.project(batch.x.view(), scores_);
    scale(scores_, factors_);
    for (Candidate& candidate : candidates_) {
      const double own = candidate.step(scores_, batch.cell_types, rate);
      if (&candidate == leading) loss += own;
    }
  }
  return loss / static_cast<double>(loader_.n_batches());
}

std::vector<metrics::ConfusionMatrix> Search::confusions() {
  std::vector<metrics::ConfusionMatrix> confusions(candidates_.size(), metrics::ConfusionMatrix(subtypes_.size()));
  if (corpus_.store.n_cells(store::Split::kVal) == 0) return confusions;
  const CellsPerType cells_per_type = Candidate::cells_per_type(corpus_);
  store::Loader loader(corpus_.store, store::Split::kVal,
                       {.shuffle = false, .threads = train::reader_threads(corpus_.threads)});
  for (store::Batch batch; loader.next(batch);) {
    core::check_interrupt();
    scores_.resize(static_cast<std::size_t>(batch.x.n_cells * pca_.n_components));
    pca_.project(batch.x.view(), scores_);
    scale(scores_, factors_);
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      const auto found = softmax(logits_of(scores_, candidates_[i].weight(), candidates_[i].bias()), cells_per_type);
      for (std::size_t cell = 0; cell < batch.cell_types.size(); ++cell) {
        const auto row = std::span(found).subspan(cell * cells_per_type.size(), cells_per_type.size());
        const auto call = std::ranges::max_element(row) - row.begin();
        confusions[i].add(batch.cell_types[cell], static_cast<core::TypeIndex>(call));
      }
    }
  }
  return confusions;
}

void Search::score_epoch() {
  const std::vector<metrics::ConfusionMatrix> found = confusions();
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    candidates_[i].finish_epoch(metrics::score(metrics::corrected(found[i], subtypes_)).macro_f1);
  }
}

const Candidate& Search::best() const {
  const Candidate* best = &candidates_.front();
  for (const Candidate& candidate : candidates_) {
    if (candidate.best_score() > best->best_score()) best = &candidate;
  }
  return *best;
}

nlohmann::json Search::facts() const {
  nlohmann::json facts = best().facts();
  facts.update({{"epochs", epochs_}, {"batch_size", batch_size_}, {"learning_rate", options_.learning_rate}});
  for (const Candidate& candidate : candidates_) facts["candidates"].push_back(candidate.facts());
  return facts;
}

class PcaLinearPredictor : public nn::Predictor {
 public:
  PcaLinearPredictor(const nn::ModelArrays& arrays, const nn::Architecture& architecture)
      : pca_(Pca::from(arrays, architecture.n_genes, architecture.n_components)),
        weight_(arrays.floats("weight", {architecture.n_types, architecture.n_components})),
        bias_(arrays.floats("bias", {architecture.n_types})),
        cells_per_type_(arrays.floats("cells_per_type", {architecture.n_types})) {}

  void predict(sparse::CsrView log_norm, std::vector<float>& probabilities,
               std::vector<float>& embedding) const override {
    std::vector<float> scores(static_cast<std::size_t>(log_norm.n_cells * pca_.n_components));
    pca_.project(log_norm, scores);
    embedding.insert(embedding.end(), scores.begin(), scores.end());
    scale(scores, model_factors(pca_));
    const std::vector<float> found = softmax(logits_of(scores, weight_, bias_), cells_per_type_);
    probabilities.insert(probabilities.end(), found.begin(), found.end());
  }

 private:
  Pca pca_;
  std::vector<float> weight_, bias_;
  CellsPerType cells_per_type_;
};

}  // namespace

Fitted fit_pca_linear(const Corpus& corpus, const PcaLinearOptions& options) {
  const Pca pca = fit_pca(corpus.store, options.pca, corpus.threads);
  Search search(corpus, pca, options);
  search.run();
  const std::int64_t n_types = corpus.size.n_types();
  Fitted fitted;
  pca.add_to(fitted.arrays);
  fitted.arrays.add("weight", {n_types, pca.n_components}, search.best().best_weight());
  fitted.arrays.add("bias", {n_types}, search.best().best_bias());
  fitted.arrays.add("cells_per_type", {n_types}, Candidate::cells_per_type(corpus));
  fitted.n_components = pca.n_components;
  fitted.facts = search.facts();
  return fitted;
}

std::unique_ptr<nn::Predictor> load_pca_linear(const std::filesystem::path& weights,
                                               const nn::Architecture& architecture) {
  return std::make_unique<PcaLinearPredictor>(nn::ModelArrays::read(weights), architecture);
}

}  // namespace sctab::baselines
