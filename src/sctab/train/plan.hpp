#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/augment/assay_noise.hpp"
#include "sctab/nn/architecture.hpp"
#include "sctab/nn/covariate.hpp"
#include "sctab/store/store.hpp"

namespace sctab::train {

using core::CellIndex;

/// Cross-entropy of the label itself, or of the label and its subtypes together: see training_loss().
enum class LossKind : std::uint8_t { kCrossEntropy, kHierarchical };
/// "cross-entropy", "hierarchical".
std::string_view name(LossKind loss);
/// Throws InputError naming the two.
LossKind parse_loss(std::string_view text);

/// Where label smoothing moves a target's mass: to all types alike, or to those close to the label in the ontology.
enum class Smoothing : std::uint8_t { kUniform, kOntology };
/// "uniform", "ontology".
std::string_view name(Smoothing smoothing);
/// Throws InputError naming the two.
Smoothing parse_smoothing(std::string_view text);

/// What the user may fix of a plan; what is not given is chosen from the corpus's size or, with the paper preset, is
/// the paper's. A size of another kind of network than `kind` is refused.
struct PlanOptions {
  std::optional<nn::ModelKind> kind = nn::ModelKind::kTabnet;  // a network or kMixed; none: see choose_kind()
  std::optional<int> members{};                                // networks of each kind; none: 1, or of kMixed 3
  bool paper_preset = false;
  std::optional<std::int64_t> batch_size{}, max_epochs{}, n_d{}, n_a{}, n_steps{}, n_shared{}, n_independent{},
      virtual_batch_size{}, hidden_size{}, n_hidden{}, patience{};
  std::optional<double> learning_rate{}, weight_decay{}, lr_gamma{}, lambda_sparse{}, momentum{}, dropout{},
      clip_norm{};
  std::optional<nn::MaskType> mask_type{};
  std::optional<double> subtype_credit{};  // only with the hierarchical loss. None: 1, of kMixed 0.5
  std::optional<LossKind> loss{};  // none: cross-entropy, or of a mixed ensemble without label smoothing hierarchical
  std::optional<double> gene_dropout{}, gene_noise{};  // see augment::AssayNoise. None: 0
  std::optional<bool> class_weights{}, reestimate_batch_norm{};
  bool balanced_sampling = false;
  std::optional<double> sampling_power{};   // none: kSamplingPower; only with balanced_sampling
  std::optional<double> label_smoothing{};  // none: 0
  std::optional<Smoothing> smoothing{};     // none: by the ontology; only with label_smoothing
  std::uint64_t seed = 1;
};

/// Everything that is fixed before the first step, with the reason of each choice. The defaults are the paper's.
struct TrainPlan {
  nn::Architecture architecture;
  std::int64_t batch_size = 2048;
  std::int64_t max_epochs = 50;
  std::int64_t patience = 10;  // epochs without a better validation macro F1
  double learning_rate = 0.005;
  double weight_decay = 0.05;
  double lr_gamma = 0.9;  // StepLR, each epoch
  double lambda_sparse = 1e-5;
  double clip_norm = 1.0;  // of the gradient
  LossKind loss = LossKind::kCrossEntropy;
  double subtype_credit = 1;   // of the hierarchical loss: see training_loss()
  bool class_weights = true;   // balanced: what sampling leaves uneven
  double sampling_power = 0;   // see sampling_rates(); 0: every cell once an epoch
  double label_smoothing = 0;  // share of a target's mass that is spread; 0: all on the label
  Smoothing smoothing = Smoothing::kOntology;
  augment::AssayNoiseOptions assay_noise{};  // of training cells
  bool reestimate_batch_norm = false;        // over training cells, before validation and in what is saved
  std::uint64_t seed = 1;
  std::string augmentation{};                // SHA-256 of the file of vectors that move training cells; empty: none do
  std::optional<nn::Covariate> covariate{};  // what the network sees beside the genes
  double covariate_dropout = 0;              // share of training cells whose level is hidden, anew in each epoch
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
  std::vector<std::int64_t> cells_per_type;  // of training cells

  [[nodiscard]] std::int64_t n_types() const { return static_cast<std::int64_t>(cells_per_type.size()); }
  /// Types with training cells.
  [[nodiscard]] std::int64_t n_types_trained() const;
};
/// Reads the training cells' types.
CorpusSize corpus_size(const store::Store& store);

/// Training cells below which the paper's sizes do not suit.
inline constexpr CellIndex kSmallCorpus = 200'000;

/// The plan of one network, whose kind is given. A function of its arguments only. Throws InputError naming a field out
/// of range, and where there is nothing to learn from: no training cells, or fewer than two types among them.
TrainPlan choose_plan(const PlanOptions& options, const CorpusSize& size);
TrainPlan choose_plan(const PlanOptions& options, const store::Store& store);

}  // namespace sctab::train
