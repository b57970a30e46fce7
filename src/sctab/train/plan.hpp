#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/augment/assay_noise.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/model/covariate.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/options.hpp"

namespace sctab::train {

using core::CellIndex;

/// Everything that is fixed before the first step, with the reason of each choice. The defaults are the paper's.
struct TrainPlan {
  model::Architecture architecture;
  std::int64_t batch_size = 2048;
  std::int64_t max_epochs = 50;
  std::int64_t patience = 10;  // epochs without a better validation macro F1
  double learning_rate = 0.005;
  double weight_decay = 0.05;
  double lr_gamma = 0.9;  // StepLR, each epoch
  double lambda_sparse = 1e-5;
  double clip_norm = 1.0;  // largest norm of the gradient
  LossKind loss = LossKind::kCrossEntropy;
  double subtype_credit = 1;   // in the hierarchical loss: see training_loss()
  bool class_weights = true;   // balanced: what sampling leaves uneven
  double sampling_power = 0;   // see sampling_rates(); 0: every cell once an epoch
  double label_smoothing = 0;  // share of a target's mass that is spread; 0: all on the label
  Smoothing smoothing = Smoothing::kOntology;
  augment::AssayNoiseOptions assay_noise{};  // on training cells
  bool reestimate_batch_norm = false;        // over training cells, before validation and in what is saved
  std::uint64_t seed = 1;
  std::string augmentation{};  // SHA-256 of the file of vectors that move training cells; empty: none do
  std::optional<model::Covariate> covariate{};  // what the network sees in addition to the genes
  double covariate_dropout = 0.15;    // share of training cells whose level is hidden, drawn again in each epoch
  bool weigh_members = false;         // in the mean of an ensemble, by their validation; decides nothing of a run
  std::vector<std::string> reasons;   // "batch 128: 8,500 training cells give 66 steps an epoch"
  std::vector<std::string> warnings;  // what was given and does not suit the corpus

  /// The learning rate of an epoch, counted from 0.
  [[nodiscard]] double learning_rate_of(std::int64_t epoch) const;
};

/// All that decides what a run computes; reasons and warnings are left out.
nlohmann::json to_json(const TrainPlan& plan);

/// What a plan is chosen from.
struct CorpusSize {
  CellIndex n_train = 0, n_val = 0;
  std::int64_t n_genes = 0;
  std::vector<std::int64_t> cells_per_type;  // training cells

  [[nodiscard]] std::int64_t n_types() const { return static_cast<std::int64_t>(cells_per_type.size()); }
  /// Types with training cells.
  [[nodiscard]] std::int64_t n_types_trained() const;
};
/// Reads the training cells' types.
CorpusSize corpus_size(const store::Store& store);
/// Throws InputError where there is nothing to learn from: no training cells, or only one type among them. store: what
/// the message calls it.
void check_corpus(const CorpusSize& size, std::string_view store);

/// Training cells below which the paper's sizes do not suit.
inline constexpr CellIndex kSmallCorpus = 200'000;

/// The plan of one network, whose kind is given. A function of its arguments only. Throws InputError naming a field out
/// of range, and where there is nothing to learn from: no training cells, or fewer than two types among them.
TrainPlan choose_plan(const TrainOptions& options, const CorpusSize& size);

/// The kinds of network, in the order in which a mixed ensemble takes turns. The first one's embedding is the model's.
inline constexpr std::array kNetworkKinds = {model::ModelKind::kTabnet, model::ModelKind::kMlp,
                                             model::ModelKind::kLinear};

/// What is trained where no kind is given: the paper's TabNet with the paper preset and on large corpora, the kind
/// whose own options are given, and otherwise, below kSmallCorpus training cells, a mixed ensemble of TabNets, MLPs and
/// linear models, which docs/small-corpora.md compares with the rest.
model::ModelKind choose_kind(const TrainOptions& options, const CorpusSize& size);

/// The seed of a member, counted from 1: the first has the run's own, so that it is the network of a run without
/// members. Below 2^53, which every reader of JSON keeps.
std::uint64_t member_seed(std::uint64_t seed, int member);

/// One plan for each network to train, in the order of the model's members: they differ in their seed and, where the
/// kind is kMixed, take turns between TabNet, MLP and linear. Throws as choose_plan() does.
std::vector<TrainPlan> choose_plans(const TrainOptions& options, const CorpusSize& size);

/// The architecture of a model with these networks.
model::Architecture joint_architecture(std::span<const TrainPlan> plans);

}  // namespace sctab::train
