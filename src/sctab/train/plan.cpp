#include "sctab/train/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/train/sampling.hpp"

namespace sctab::train {
namespace {

using core::format_count;
using model::ModelKind;

// Chosen on 8,500 to 10,800 training cells of nine public studies, by single runs on donors of theirs left out.
constexpr std::int64_t kPaperSteps = 1000;  // an epoch, from which running averages are up to date
constexpr std::int64_t kStepsWanted = 60;   // an epoch of a small corpus
constexpr std::int64_t kTotalStepsWanted = 1000;
constexpr std::int64_t kSmallestBatch = 32, kFewestEpochs = 15, kSmallPatience = 5;
constexpr std::int64_t kSmallWidth = 32;
constexpr double kSmallLinearRate = 0.002;
constexpr double kLargestWeightDecay = 1.0;

/// The paper's plan for each kind of network.
TrainPlan paper_plan(ModelKind kind) {
  TrainPlan plan;
  plan.architecture.kind = kind;
  if (kind == ModelKind::kLinear) {
    plan.learning_rate = 0.0005;
    plan.weight_decay = 0.01;
  } else if (kind == ModelKind::kMlp) {
    plan.learning_rate = 0.002;
  }
  return plan;
}

std::int64_t steps_per_epoch(CellIndex n_cells, std::int64_t batch_size) {
  return std::max<std::int64_t>(1, (n_cells + batch_size - 1) / batch_size);
}

/// Puts what was given, or else what suits the corpus, into a plan and notes why.
class Choices {
 public:
  Choices(const TrainOptions& options, const CorpusSize& size, TrainPlan& plan)
      : options_(options), plan_(plan), cells_(size.n_train), is_balanced_(options.sampling == Sampling::kBalanced) {}

  void choose() {
    if (options_.is_paper())
      plan_.reasons.push_back("preset paper: the paper's value for every option that is not given");
    choose_batch();
    choose_network();
    choose_optimisation();
    choose_batch_norm();
  }

 private:
  /// Whether the corpus's size, rather than the user or the paper, decides on a value.
  template <typename T>
  [[nodiscard]] bool is_free(const std::optional<T>& given) const {
    return !given.has_value() && !options_.is_paper();
  }
  [[nodiscard]] bool is_small() const { return cells_ < kSmallCorpus; }
  [[nodiscard]] bool is_shrunk() const { return is_small() && !options_.is_paper(); }
  template <typename... T>
  void because(fmt::format_string<T...> text, T&&... values) {
    plan_.reasons.push_back(fmt::format(text, std::forward<T>(values)...));
  }

  void choose_batch();
  void choose_network();
  void choose_tabnet(model::TabnetOptions& tabnet);
  void choose_mlp(model::MlpOptions& mlp);
  void choose_optimisation();
  void choose_small_optimisation();
  void choose_targets();
  void choose_assay_noise();
  void choose_batch_norm();

  const TrainOptions& options_;
  TrainPlan& plan_;
  CellIndex cells_;
  bool is_balanced_;
  std::int64_t steps_ = 0;  // an epoch
};

void Choices::choose_batch() {
  plan_.batch_size = options_.batch_size.value_or(plan_.batch_size);
  if (is_free(options_.batch_size)) {
    // The largest power of two that still gives a good number of steps an epoch.
    const auto wanted = static_cast<std::uint64_t>(std::max<CellIndex>(cells_ / kStepsWanted, 1));
    plan_.batch_size = std::clamp<std::int64_t>(std::bit_floor(wanted), kSmallestBatch, plan_.batch_size);
  }
  steps_ = steps_per_epoch(cells_, plan_.batch_size);
  because("batch {}: {} training cells give {} steps an epoch", plan_.batch_size, format_count(cells_),
          format_count(steps_));
  if (plan_.batch_size > cells_ && !is_free(options_.batch_size)) {
    plan_.warnings.push_back(
        fmt::format("the batch of {} is larger than the {} training cells: every step sees them "
                    "all, one step an epoch; a --batch-size of {} or less learns more",
                    plan_.batch_size, cells_, std::max<CellIndex>(cells_ / 4, 1)));
  }
}

void Choices::choose_network() {
  if (plan_.architecture.kind == ModelKind::kTabnet) choose_tabnet(plan_.architecture.tabnet);
  if (plan_.architecture.kind == ModelKind::kMlp) choose_mlp(plan_.architecture.mlp);
}

void Choices::choose_tabnet(model::TabnetOptions& tabnet) {
  if (is_small()) {
    if (is_free(options_.n_d)) tabnet.n_d = kSmallWidth;
    if (is_free(options_.n_a)) tabnet.n_a = kSmallWidth;
    if (is_free(options_.n_shared)) tabnet.n_shared = 1;
    if (is_free(options_.n_independent)) tabnet.n_independent = 1;
  }
  if (is_free(options_.virtual_batch_size)) {
    tabnet.virtual_batch_size = std::min(tabnet.virtual_batch_size, plan_.batch_size);
  }
  tabnet.n_d = options_.n_d.value_or(tabnet.n_d);
  tabnet.n_a = options_.n_a.value_or(tabnet.n_a);
  tabnet.n_steps = options_.n_steps.value_or(tabnet.n_steps);
  tabnet.n_shared = options_.n_shared.value_or(tabnet.n_shared);
  tabnet.n_independent = options_.n_independent.value_or(tabnet.n_independent);
  tabnet.virtual_batch_size = options_.virtual_batch_size.value_or(tabnet.virtual_batch_size);
  tabnet.momentum = options_.momentum.value_or(tabnet.momentum);
  tabnet.mask_type = options_.mask_type.value_or(tabnet.mask_type);
  tabnet.validate();
  because("n_d {}, n_a {}, {} shared and {} independent layers, virtual batch {}{}", tabnet.n_d, tabnet.n_a,
          tabnet.n_shared, tabnet.n_independent, tabnet.virtual_batch_size,
          is_shrunk() ? ": under 200,000 cells a small network, which trains in a fraction of the time" : "");
}

void Choices::choose_mlp(model::MlpOptions& mlp) {
  if (is_small() && is_free(options_.n_hidden)) mlp.n_hidden = 1;
  mlp.n_hidden = options_.n_hidden.value_or(mlp.n_hidden);
  mlp.hidden_size = options_.hidden_size.value_or(mlp.hidden_size);
  mlp.dropout = options_.dropout.value_or(mlp.dropout);
  mlp.validate();
  because("{} hidden layers of {}{}", mlp.n_hidden, mlp.hidden_size,
          is_shrunk() ? ": the paper's eight learn little from a thousand steps" : "");
}

void Choices::choose_optimisation() {
  if (is_small()) choose_small_optimisation();
  plan_.max_epochs = options_.max_epochs.value_or(plan_.max_epochs);
  plan_.patience = options_.patience.value_or(plan_.patience);
  plan_.learning_rate = options_.learning_rate.value_or(plan_.learning_rate);
  plan_.weight_decay = options_.weight_decay.value_or(plan_.weight_decay);
  plan_.lr_gamma = options_.lr_gamma.value_or(plan_.lr_gamma);
  plan_.lambda_sparse = options_.lambda_sparse.value_or(plan_.lambda_sparse);
  plan_.clip_norm = options_.clip_norm.value_or(plan_.clip_norm);
  plan_.loss = options_.loss.value_or(plan_.loss);
  if (plan_.loss == LossKind::kHierarchical) {
    plan_.subtype_credit = options_.subtype_credit.value_or(plan_.subtype_credit);
    because("hierarchical cross-entropy: the probabilities of a label's subtypes count {:.3g} for it",
            plan_.subtype_credit);
  }
  choose_targets();
  choose_assay_noise();
  because("up to {} epochs, {} steps in all", plan_.max_epochs, format_count(plan_.max_epochs * steps_));
  because("learning rate {}, times {:.3g} each epoch; weight decay {:.3g}", plan_.learning_rate, plan_.lr_gamma,
          plan_.weight_decay);
}

void Choices::choose_small_optimisation() {
  const ModelKind kind = plan_.architecture.kind;
  if (is_free(options_.max_epochs)) {
    plan_.max_epochs = std::max(kFewestEpochs, (kTotalStepsWanted + steps_ - 1) / steps_);
  }
  const std::int64_t epochs = options_.max_epochs.value_or(plan_.max_epochs);
  if (is_free(options_.patience)) plan_.patience = std::max(kSmallPatience, epochs / 3);
  // The rate falls to a fifth over the run, however many epochs that is.
  if (is_free(options_.lr_gamma)) plan_.lr_gamma = std::pow(0.2, 1.0 / static_cast<double>(epochs));
  if (is_free(options_.learning_rate) && kind == ModelKind::kLinear) plan_.learning_rate = kSmallLinearRate;
  if (is_free(options_.weight_decay) && kind == ModelKind::kTabnet) {
    const double scale = static_cast<double>(kSmallCorpus) / static_cast<double>(cells_);
    plan_.weight_decay = std::min(plan_.weight_decay * scale, kLargestWeightDecay);
    because("weight decay {:.3g}: with few cells and the paper's 0.05, TabNet learns its donors by heart",
            plan_.weight_decay);
  }
}

// How often each type is shown, what it weighs, and what the network is to answer.
void Choices::choose_targets() {
  if (is_balanced_) {
    plan_.sampling_power = options_.sampling_power.value_or(kSamplingPower);
    because("balanced sampling: a type of n cells is shown as n^{:.3g} says, a cell {} times an epoch at most",
            1 - plan_.sampling_power, kMostShown);
  }
  plan_.class_weights = options_.class_weights.value_or(!is_balanced_);
  plan_.label_smoothing = options_.label_smoothing.value_or(0);
  plan_.smoothing = options_.smoothing.value_or(plan_.smoothing);
  if (plan_.label_smoothing > 0) {
    because("label smoothing: {:.3g} of a target is spread over {}", plan_.label_smoothing,
            plan_.smoothing == Smoothing::kUniform ? "all types with training cells"
                                                   : "types close to the label in the Cell Ontology");
  }
}

void Choices::choose_assay_noise() {
  plan_.assay_noise = {.gene_dropout = options_.gene_dropout.value_or(0),
                       .gene_noise = options_.gene_noise.value_or(0)};
  if (!plan_.assay_noise.any()) return;
  because(
      "training cells as other assays might show them: up to {:.3g} of a cell's genes lost, others' counts times "
      "factors of up to e^±{:.3g}",
      plan_.assay_noise.gene_dropout, plan_.assay_noise.gene_noise);
}

void Choices::choose_batch_norm() {
  const bool has_batch_norm = plan_.architecture.kind == ModelKind::kTabnet;
  if (is_free(options_.reestimate_batch_norm)) plan_.reestimate_batch_norm = has_batch_norm && steps_ < kPaperSteps;
  plan_.reestimate_batch_norm = options_.reestimate_batch_norm.value_or(plan_.reestimate_batch_norm);
  if (!has_batch_norm) return;
  because("batch norm {}", plan_.reestimate_batch_norm
                               ? "statistics estimated again after each epoch: running averages lag behind few steps"
                               : "keeps its running averages");
}

}  // namespace

double TrainPlan::learning_rate_of(std::int64_t epoch) const {
  return learning_rate * std::pow(lr_gamma, static_cast<double>(epoch));
}

nlohmann::json to_json(const TrainPlan& plan) {
  nlohmann::json json{{"architecture", model::to_json(plan.architecture)},
                      {"batch_size", plan.batch_size},
                      {"max_epochs", plan.max_epochs},
                      {"patience", plan.patience},
                      {"learning_rate", plan.learning_rate},
                      {"weight_decay", plan.weight_decay},
                      {"lr_gamma", plan.lr_gamma},
                      {"lambda_sparse", plan.lambda_sparse},
                      {"clip_norm", plan.clip_norm},
                      {"class_weights", plan.class_weights},
                      {"reestimate_batch_norm", plan.reestimate_batch_norm},
                      {"seed", plan.seed}};
  if (plan.loss != LossKind::kCrossEntropy) {
    json.update({{"loss", name(plan.loss)}, {"subtype_credit", plan.subtype_credit}});
  }
  if (plan.sampling_power > 0) json["sampling_power"] = plan.sampling_power;
  if (plan.label_smoothing > 0) {
    json["label_smoothing"] = plan.label_smoothing;
    json["smoothing"] = name(plan.smoothing);
  }
  if (plan.assay_noise.any()) {
    json["gene_dropout"] = plan.assay_noise.gene_dropout;
    json["gene_noise"] = plan.assay_noise.gene_noise;
  }
  if (!plan.augmentation.empty()) json["augmentation"] = plan.augmentation;
  if (plan.covariate) {
    json["covariate"] = model::to_json(*plan.covariate);
    json["covariate_dropout"] = plan.covariate_dropout;
  }
  return json;
}

std::int64_t CorpusSize::n_types_trained() const {
  return std::ranges::count_if(cells_per_type, [](std::int64_t n) { return n > 0; });
}

CorpusSize corpus_size(const store::Store& store) {
  CorpusSize size;
  size.n_train = store.n_cells(store::Split::kTrain);
  size.n_val = store.n_cells(store::Split::kVal);
  size.n_genes = store.genes().size();
  size.cells_per_type.resize(store.tables().cell_types.size());
  const store::ObsTable obs = store.obs(store::Split::kTrain);
  for (const auto type : obs.column(store::Field::kCellType)) ++size.cells_per_type.at(static_cast<std::size_t>(type));
  return size;
}

void check_corpus(const CorpusSize& size, std::string_view store) {
  if (size.n_train == 0) {
    throw core::InputError({.file = std::string(store),
                            .found = "no training cells",
                            .next_step = "build it from more donors, or with a larger train share"});
  }
  if (size.n_types_trained() < 2) {
    throw core::InputError({.file = std::string(store),
                            .found = fmt::format("{}, all of one type", core::plural(size.n_train, "training cell")),
                            .expected = "at least 2 types",
                            .next_step = "add sources with other types, or relax the curation"});
  }
}

TrainPlan choose_plan(const TrainOptions& options, const CorpusSize& size) {
  const ModelKind kind = options.kind.value();
  SCTAB_ASSERT(model::is_network(kind));
  check(options);  // first: what is chosen from a value out of range would be nonsense
  check_needs(options);
  check_corpus(size, "the store");
  TrainPlan plan = paper_plan(kind);
  plan.architecture.n_genes = size.n_genes;
  plan.architecture.n_types = size.n_types();
  plan.seed = options.seed;
  Choices(options, size, plan).choose();
  if (size.n_val == 0) {
    plan.warnings.push_back(
        fmt::format("there are no validation cells: training goes on for all {} epochs and keeps "
                    "the last weights",
                    plan.max_epochs));
  }
  return plan;
}

TrainPlan choose_plan(const TrainOptions& options, const store::Store& store) {
  return choose_plan(options, corpus_size(store));
}

}  // namespace sctab::train
