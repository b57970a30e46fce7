#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
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
  double covariate_dropout = 0;       // share of training cells whose level is hidden, drawn again in each epoch
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
TrainPlan choose_plan(const TrainOptions& options, const store::Store& store);

}  // namespace sctab::train
