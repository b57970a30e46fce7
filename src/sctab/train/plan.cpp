#include "sctab/train/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>
#include <type_traits>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/rng.hpp"
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
constexpr int kMixedMembers = 3;  // of each kind
constexpr double kMixedCredit = 0.5;

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

/// Calls visit(key, option, value) for each value of a plan that an option gives. key: the value's in the plan's JSON.
template <typename Plan, typename Visit>
void for_each_choice(const TrainOptions& options, Plan& plan, const Visit& visit) {
  visit("batch_size", options.batch_size, plan.batch_size);
  visit("max_epochs", options.max_epochs, plan.max_epochs);
  visit("patience", options.patience, plan.patience);
  visit("learning_rate", options.learning_rate, plan.learning_rate);
  visit("weight_decay", options.weight_decay, plan.weight_decay);
  visit("lr_gamma", options.lr_gamma, plan.lr_gamma);
  visit("lambda_sparse", options.lambda_sparse, plan.lambda_sparse);
  visit("clip_norm", options.clip_norm, plan.clip_norm);
  visit("loss", options.loss, plan.loss);
  visit("subtype_credit", options.subtype_credit, plan.subtype_credit);
  visit("class_weights", options.class_weights, plan.class_weights);
  visit("sampling_power", options.sampling_power, plan.sampling_power);
  visit("label_smoothing", options.label_smoothing, plan.label_smoothing);
  visit("smoothing", options.smoothing, plan.smoothing);
  visit("gene_dropout", options.gene_dropout, plan.assay_noise.gene_dropout);
  visit("gene_noise", options.gene_noise, plan.assay_noise.gene_noise);
  visit("reestimate_batch_norm", options.reestimate_batch_norm, plan.reestimate_batch_norm);
  visit("covariate_dropout", options.covariate_dropout, plan.covariate_dropout);
}

void take_given(const TrainOptions& given, TrainPlan& plan) {
  const auto take = [](const auto& option, auto& value) { value = option.value_or(value); };
  for_each_choice(given, plan, [&](const char*, const auto& option, auto& value) { take(option, value); });
  model::TabnetOptions& tabnet = plan.architecture.tabnet;
  model::MlpOptions& mlp = plan.architecture.mlp;
  take(given.n_d, tabnet.n_d);
  take(given.n_a, tabnet.n_a);
  take(given.n_steps, tabnet.n_steps);
  take(given.n_shared, tabnet.n_shared);
  take(given.n_independent, tabnet.n_independent);
  take(given.virtual_batch_size, tabnet.virtual_batch_size);
  take(given.momentum, tabnet.momentum);
  take(given.mask_type, tabnet.mask_type);
  take(given.n_hidden, mlp.n_hidden);
  take(given.hidden_size, mlp.hidden_size);
  take(given.dropout, mlp.dropout);
}

std::int64_t steps_per_epoch(CellIndex n_cells, std::int64_t batch_size) {
  return std::max<std::int64_t>(1, (n_cells + batch_size - 1) / batch_size);
}

/// Puts what suits the corpus into a plan that has what was given, and notes why.
class Choices {
 public:
  Choices(const TrainOptions& options, const CorpusSize& size, TrainPlan& plan)
      : options_(options), plan_(plan), cells_(size.n_train), is_balanced_(options.sampling == Sampling::kBalanced) {}

  void choose() {
    if (options_.is_paper())
      plan_.reasons.push_back("preset paper: the paper's value for every option that is not given");
    choose_batch();
    if (plan_.architecture.kind == ModelKind::kTabnet) choose_tabnet(plan_.architecture.tabnet);
    if (plan_.architecture.kind == ModelKind::kMlp) choose_mlp(plan_.architecture.mlp);
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
  if (is_free(options_.batch_size)) {
    // The largest power of two that still gives a good number of steps an epoch.
    const auto wanted = static_cast<std::uint64_t>(std::max<CellIndex>(cells_ / kStepsWanted, 1));
    plan_.batch_size = std::clamp<std::int64_t>(std::bit_floor(wanted), kSmallestBatch, plan_.batch_size);
  }
  steps_ = steps_per_epoch(cells_, plan_.batch_size);
  because("batch {}: {} training cells give {} an epoch", plan_.batch_size, format_count(cells_),
          core::plural(steps_, "step"));
  if (plan_.batch_size > cells_ && !is_free(options_.batch_size)) {
    plan_.warnings.push_back(
        fmt::format("the batch of {} is larger than the {} training cells: every step sees them "
                    "all, one step an epoch; a --batch-size of {} or less learns more",
                    plan_.batch_size, cells_, std::max<CellIndex>(cells_ / 4, 1)));
  }
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
  tabnet.validate();
  because("n_d {}, n_a {}, {} shared and {} independent layers, virtual batch {}{}", tabnet.n_d, tabnet.n_a,
          tabnet.n_shared, tabnet.n_independent, tabnet.virtual_batch_size,
          is_shrunk() ? ": under 200,000 cells a small network, which trains in a fraction of the time" : "");
}

void Choices::choose_mlp(model::MlpOptions& mlp) {
  if (is_small() && is_free(options_.n_hidden)) mlp.n_hidden = 1;
  mlp.validate();
  because("{} of {}{}", core::plural(mlp.n_hidden, "hidden layer"), mlp.hidden_size,
          is_shrunk() ? ": the paper's eight learn little from a thousand steps" : "");
}

void Choices::choose_optimisation() {
  if (is_small()) choose_small_optimisation();
  if (plan_.loss == LossKind::kHierarchical) {
    because("hierarchical cross-entropy: the probabilities of a label's subtypes count {:.3g} for it",
            plan_.subtype_credit);
  }
  choose_targets();
  choose_assay_noise();
  because("up to {}, {} in all", core::plural(plan_.max_epochs, "epoch"),
          core::plural(plan_.max_epochs * steps_, "step"));
  because("learning rate {}, times {:.3g} each epoch; weight decay {:.3g}", plan_.learning_rate, plan_.lr_gamma,
          plan_.weight_decay);
}

void Choices::choose_small_optimisation() {
  const ModelKind kind = plan_.architecture.kind;
  if (is_free(options_.max_epochs)) {
    plan_.max_epochs = std::max(kFewestEpochs, (kTotalStepsWanted + steps_ - 1) / steps_);
  }
  const std::int64_t epochs = plan_.max_epochs;
  if (is_free(options_.patience)) plan_.patience = std::max(kSmallPatience, epochs / 3);
  // The rate falls to a fifth over the run, however many epochs that is.
  if (is_free(options_.lr_gamma)) plan_.lr_gamma = std::pow(0.2, 1.0 / static_cast<double>(epochs));
  if (is_free(options_.learning_rate) && kind == ModelKind::kLinear) plan_.learning_rate = kSmallLinearRate;
  if (is_free(options_.weight_decay) && kind == ModelKind::kTabnet) {
    const double scale = static_cast<double>(kSmallCorpus) / static_cast<double>(cells_);
    plan_.weight_decay = std::min(plan_.weight_decay * scale, kLargestWeightDecay);
    because("weight decay {:.3g}: with few cells and the paper's 0.05, TabNet memorises its donors",
            plan_.weight_decay);
  }
}

// How often each type is shown, what it weighs, and what the network is to answer.
void Choices::choose_targets() {
  if (is_balanced_) {
    if (!options_.sampling_power) plan_.sampling_power = kSamplingPower;
    because("balanced sampling: a type of n cells is shown as n^{:.3g} says, a cell {} times an epoch at most",
            1 - plan_.sampling_power, kMostShown);
  }
  if (!options_.class_weights) plan_.class_weights = !is_balanced_;
  if (plan_.label_smoothing > 0) {
    because("label smoothing: {:.3g} of a target is spread over {}", plan_.label_smoothing,
            plan_.smoothing == Smoothing::kUniform ? "all types with training cells"
                                                   : "types close to the label in the Cell Ontology");
  }
}

void Choices::choose_assay_noise() {
  if (!plan_.assay_noise.any()) return;
  because(
      "training cells as other assays might show them: up to {:.3g} of a cell's genes lost, others' counts times "
      "factors of up to e^±{:.3g}",
      plan_.assay_noise.gene_dropout, plan_.assay_noise.gene_noise);
}

void Choices::choose_batch_norm() {
  const bool has_batch_norm = plan_.architecture.kind == ModelKind::kTabnet;
  if (is_free(options_.reestimate_batch_norm)) plan_.reestimate_batch_norm = has_batch_norm && steps_ < kPaperSteps;
  if (!has_batch_norm) return;
  because("batch norm {}", plan_.reestimate_batch_norm
                               ? "statistics estimated again after each epoch: running averages lag behind few steps"
                               : "keeps its running averages");
}

/// Whether an option was given that this kind takes and other networks do not.
bool has_own_option(ModelKind kind, const TrainOptions& options) {
  return std::ranges::any_of(kOptions, [&](const Option& option) {
    const auto is_taken = [&](ModelKind other) { return takes(other, option); };
    return takes(kind, option) && !std::ranges::all_of(kNetworkKinds, is_taken) && value(options, option).has_value();
  });
}

/// A plan for each kind of a mixed ensemble, chosen by default or by the user, whose reasons say which kind they are of
/// and, first, why it is mixed.
std::vector<TrainPlan> mixed_turns(const TrainOptions& options, const CorpusSize& size, bool is_default) {
  std::vector<TrainPlan> turns;
  for (const ModelKind kind : kNetworkKinds) {
    TrainPlan& plan = turns.emplace_back(choose_plan(options_for(kind, options), size));
    plan.weigh_members = !options.is_paper();
    for (auto* lines : {&plan.reasons, &plan.warnings}) {
      for (std::string& line : *lines) line = fmt::format("{}: {}", model::name(kind), line);
    }
  }
  if (is_default) {
    std::vector<std::string>& reasons = turns.front().reasons;
    reasons.insert(
        reasons.begin(),
        fmt::format("a mixed ensemble of TabNets, MLPs and linear models: with {} training cells, fewer than "
                    "{}, no kind alone is the best; --kind tabnet trains one TabNet",
                    format_count(size.n_train), format_count(kSmallCorpus)));
  }
  return turns;
}

}  // namespace

double TrainPlan::learning_rate_of(std::int64_t epoch) const {
  return learning_rate * std::pow(lr_gamma, static_cast<double>(epoch));
}

nlohmann::json to_json(const TrainPlan& plan) {
  nlohmann::json json = {{"architecture", model::to_json(plan.architecture)}, {"seed", plan.seed}};
  for_each_choice({}, plan, [&]<typename T>(const char* key, const auto& /*option*/, const T& value) {
    if constexpr (std::is_enum_v<T>) {
      json[key] = name(value);
    } else {
      json[key] = value;
    }
  });
  // Without what has no effect, so that runs begun before there was such an option can be resumed.
  const auto omit = [&](std::initializer_list<const char*> keys) {
    for (const char* key : keys) json.erase(key);
  };
  if (plan.loss == LossKind::kCrossEntropy) omit({"loss", "subtype_credit"});
  if (plan.sampling_power == 0) omit({"sampling_power"});
  if (plan.label_smoothing == 0) omit({"label_smoothing", "smoothing"});
  if (!plan.assay_noise.any()) omit({"gene_dropout", "gene_noise"});
  if (!plan.covariate) omit({"covariate_dropout"});
  if (!plan.augmentation.empty()) json["augmentation"] = plan.augmentation;
  if (plan.covariate) json["covariate"] = model::to_json(*plan.covariate);
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
  take_given(options, plan);
  Choices(options, size, plan).choose();
  if (size.n_val == 0) {
    plan.warnings.push_back(
        fmt::format("there are no validation cells: training runs for all {} and keeps "
                    "the last weights",
                    core::plural(plan.max_epochs, "epoch")));
  }
  return plan;
}

model::ModelKind choose_kind(const TrainOptions& options, const CorpusSize& size) {
  if (options.kind) return *options.kind;
  if (options.is_paper() || size.n_train >= kSmallCorpus) return ModelKind::kTabnet;
  for (const ModelKind kind : kNetworkKinds) {
    if (has_own_option(kind, options)) return kind;
  }
  return ModelKind::kMixed;
}

std::uint64_t member_seed(std::uint64_t seed, int member) {
  SCTAB_ASSERT(member >= 1);
  constexpr int kBitsDropped = 64 - 53;
  return member == 1 ? seed : core::Rng(seed).child("member", static_cast<std::uint64_t>(member))() >> kBitsDropped;
}

std::vector<TrainPlan> choose_plans(const TrainOptions& options, const CorpusSize& size) {
  TrainOptions given = options;
  given.kind = choose_kind(options, size);
  const bool mixed = given.kind == ModelKind::kMixed;
  const bool smoothed = given.label_smoothing.value_or(0) > 0;
  if (mixed && !given.is_paper() && !smoothed) {
    given.loss = given.loss.value_or(LossKind::kHierarchical);
    if (given.loss == LossKind::kHierarchical) given.subtype_credit = given.subtype_credit.value_or(kMixedCredit);
  }
  check(given);
  const auto n_each = static_cast<int>(options.members.value_or(mixed ? kMixedMembers : 1));
  const std::vector<TrainPlan> turns =
      mixed ? mixed_turns(given, size, !options.kind.has_value()) : std::vector<TrainPlan>{choose_plan(given, size)};
  std::vector<TrainPlan> plans;
  for (int number = 1; number <= n_each * static_cast<int>(turns.size()); ++number) {
    plans.push_back(turns[static_cast<std::size_t>(number - 1) % turns.size()]);
    plans.back().seed = member_seed(options.seed, number);
  }
  return plans;
}

model::Architecture joint_architecture(std::span<const TrainPlan> plans) {
  const model::Architecture& first = plans.front().architecture;
  const auto same_kind = [&](const TrainPlan& plan) { return plan.architecture.kind == first.kind; };
  if (std::ranges::all_of(plans, same_kind)) return first;
  model::Architecture mixed;
  mixed.kind = ModelKind::kMixed;
  mixed.n_genes = first.n_genes;
  mixed.n_types = first.n_types;
  mixed.n_levels = first.n_levels;
  for (const TrainPlan& plan : plans) mixed.members.push_back(plan.architecture);
  return mixed;
}

}  // namespace sctab::train
