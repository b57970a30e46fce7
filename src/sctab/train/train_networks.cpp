#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "sctab/augment/assay_noise.hpp"
#include "sctab/augment/batch_augmenter.hpp"
#include "sctab/augment/vectors.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/evaluate/label_union.hpp"
#include "sctab/evaluate/split_levels.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/nn/torch_runtime.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/reader_threads.hpp"
#include "sctab/train/checkpoint.hpp"
#include "sctab/train/loss.hpp"
#include "sctab/train/model_output.hpp"
#include "sctab/train/plan.hpp"
#include "sctab/train/run_folder.hpp"
#include "sctab/train/sampling.hpp"
#include "sctab/train/train_kinds.hpp"
#include "sctab/train/validation.hpp"

namespace sctab::train {
namespace {

using Clock = std::chrono::steady_clock;
using store::Split;
using store::Store;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The first plan of each kind: others of the kind differ in their seed alone.
void announce(std::span<const TrainPlan> plans) {
  std::vector<model::ModelKind> announced;
  for (const TrainPlan& plan : plans) {
    const model::ModelKind kind = plan.architecture.kind;
    if (std::ranges::find(announced, kind) != announced.end()) continue;
    announced.push_back(kind);
    for (const auto& reason : plan.reasons) spdlog::info("{}", reason);
    for (const auto& warning : plan.warnings) spdlog::warn("warning: {}", warning);
  }
}

void show(const EpochMetrics& metrics, bool better) {
  std::string line = fmt::format("epoch {}: loss {:.4f}", metrics.epoch, metrics.train_loss);
  if (!std::isnan(metrics.val_macro_f1)) {
    line += fmt::format(", validation loss {:.4f}, validation macro F1 {:.4f}{}", metrics.val_loss,
                        metrics.val_macro_f1, better ? ", the best so far" : "");
  }
  spdlog::info("{}", line);
}

/// The vectors that move training cells, none where none are to; the plans are told.
sparse::CsrMatrix open_vectors(const Store& store, const TrainOptions& options, std::span<TrainPlan> plans) {
  if (!options.augment) return {};
  sparse::CsrMatrix vectors = augment::vectors_for(store, augment::read_vectors(*options.augment), *options.augment);
  const std::string hash = core::sha256_of_file(*options.augment);
  for (TrainPlan& plan : plans) {
    plan.augmentation = hash;
    plan.reasons.push_back(
        fmt::format("augmentation: each training cell is moved by one of {} differences between donors",
                    core::format_count(vectors.n_cells)));
  }
  return vectors;
}

/// What the networks see in addition to the genes, where anything; the plans are told.
void add_covariate(const Store& store, const TrainOptions& options, std::span<TrainPlan> plans) {
  if (!options.covariate) return;
  const model::Covariate covariate = evaluate::find_covariate(store, *options.covariate);
  for (TrainPlan& plan : plans) {
    plan.covariate = covariate;
    plan.architecture.n_levels = std::ssize(covariate.levels);
    plan.reasons.push_back(fmt::format(
        "covariate {}: {} in addition to the genes, hidden from {:.0f}% of the training cells so that "
        "cells without one can be annotated",
        covariate.column, core::plural(std::ssize(covariate.levels), "level"), 100 * plan.covariate_dropout));
  }
}

/// One run from its first step, or from its last checkpoint, to its last epoch.
class Run {
 public:
  Run(const Store& store, const TrainPlan& plan, const CorpusSize& size, const TrainOptions& options, RunFolder folder,
      const sparse::CsrMatrix& vectors);
  /// Throws Interrupted, with a checkpoint of this very moment, when a signal arrives.
  void train();
  /// Puts the best weights into the network, hands it out and tells how the run went: the end of this run.
  [[nodiscard]] TrainedMember take_best();

 private:
  void train_epoch();
  void step(const store::Batch& batch);
  [[nodiscard]] sparse::CsrView shown_genes(const store::Batch& batch);
  void finish_epoch();
  void save();

  const Store& store_;
  const TrainPlan& plan_;
  const CorpusSize& size_;
  const TrainOptions& options_;
  RunFolder folder_;
  nlohmann::json identity_;
  std::unique_ptr<nn::Network> network_;
  Optimizer optimizer_;
  ontology::SubtypeMatrix subtypes_;
  LossTerms terms_;
  Validation validation_;
  store::Loader loader_;
  std::optional<augment::BatchAugmenter> augmenter_;
  std::optional<augment::AssayNoise> assay_noise_;
  model::CellLevels levels_;
  sparse::CsrMatrix with_levels_;  // of the batch, until its step has ended
  EarlyStopping stopping_;
  Progression at_;
  Clock::time_point saved_ = Clock::now();
  CellIndex cells_trained_ = 0;  // by this process
  double seconds_trained_ = 0;
};

Run::Run(const Store& store, const TrainPlan& plan, const CorpusSize& size, const TrainOptions& options,
         RunFolder folder, const sparse::CsrMatrix& vectors)
    : store_(store),
      plan_(plan),
      size_(size),
      options_(options),
      folder_(std::move(folder)),
      // Runs of earlier versions say, too, that they do not compute on dense arrays.
      identity_({{"plan", to_json(plan)}, {"store", store.hash()}, {"dense", false}}),
      network_(nn::make_network(plan.architecture, plan.seed)),
      optimizer_(*network_, plan.weight_decay, plan.clip_norm),
      subtypes_(evaluate::store_subtypes(store)),
      terms_(loss_terms(plan, size, subtypes_)),
      validation_(store, subtypes_, validation_terms(plan, size, subtypes_), plan.covariate, options.threads),
      loader_(store, Split::kTrain,
              {.batch_size = plan.batch_size,
               .seed = plan.seed,
               .threads = store::reader_threads(options.threads),
               .copies_per_type = copies_per_type(size, plan)}),
      levels_(evaluate::split_levels(store, Split::kTrain, plan.covariate)),
      stopping_(plan.patience) {
  terms_.soft_targets = soft_targets_tensor(store, plan, size);
  if (vectors.n_cells > 0) augmenter_.emplace(vectors.view(), plan.seed);
  if (plan.assay_noise.any()) assay_noise_.emplace(plan.assay_noise, plan.seed);
  network_->compute_on(options.device);
  if (!folder_.has_checkpoint()) return;
  at_ = read_checkpoint(folder_.checkpoint(), identity_, *network_, optimizer_);
  stopping_.restore(at_.early_stopping);
  truncate_metrics(folder_.metrics(), at_.epoch);
  spdlog::info("resuming {} at epoch {}, batch {}", folder_.path.string(), at_.epoch + 1, at_.batches + 1);
}

void Run::train() try {
  while (at_.epoch < plan_.max_epochs && !stopping_.should_stop()) {
    train_epoch();
    finish_epoch();
  }
} catch (const core::Interrupted&) {
  save();
  throw core::Interrupted(
      fmt::format("interrupted in epoch {}; --resume continues from here ({})", at_.epoch + 1, folder_.path.string()));
}

void Run::train_epoch() {
  network_->train();
  loader_.start(at_.epoch, at_.batches);
  core::Progress progress(fmt::format("epoch {}/{}", at_.epoch + 1, plan_.max_epochs), loader_.n_cells());
  progress.advance(at_.batches * loader_.n_cells() / loader_.n_batches());
  auto start = Clock::now();
  for (store::Batch batch; at_.batches < loader_.n_batches() && loader_.next(batch); start = Clock::now()) {
    core::check_interrupt();
    step(batch);
    const double seconds = seconds_since(start);
    at_.seconds += seconds;
    seconds_trained_ += seconds;
    cells_trained_ += batch.x.n_cells;
    progress.advance(batch.x.n_cells);
    progress.note(fmt::format("loss {:.4f}", at_.loss_sum / static_cast<double>(at_.batches)));
    if (seconds_since(saved_) >= options_.checkpoint_seconds) save();
    if (options_.after_step) options_.after_step(at_.epoch, at_.batches);
  }
}

/// The genes of a batch's cells as the network is to see them: moved between donors, then as of another assay.
sparse::CsrView Run::shown_genes(const store::Batch& batch) {
  sparse::CsrView genes = batch.x.view();
  if (augmenter_) genes = augmenter_->augment(genes, at_.epoch, at_.batches);
  if (assay_noise_) genes = assay_noise_->add(genes, at_.epoch, at_.batches);
  return genes;
}

void Run::step(const store::Batch& batch) {
  network_->zero_gradients();
  const core::Rng hiding = core::Rng(plan_.seed)
                               .child("covariate", static_cast<std::uint64_t>(at_.epoch))
                               .child("batch", static_cast<std::uint64_t>(at_.batches));
  const sparse::CsrView x = levels_.add(shown_genes(batch), batch.rows, with_levels_, plan_.covariate_dropout, hiding);
  const nn::NetworkOutput output = network_->forward(x);
  const at::Tensor loss = training_loss(output, targets_tensor(batch.cell_types), terms_);
  loss.backward();
  const double norm = optimizer_.step(plan_.learning_rate_of(at_.epoch));
  const double value = loss.item<double>();
  if (!std::isfinite(value) || !std::isfinite(norm)) {
    throw core::InputError(
        {.file = folder_.path.string(),
         .found = fmt::format("a loss of {} with a gradient of norm {} in epoch {}, batch {}", value, norm,
                              at_.epoch + 1, at_.batches + 1),
         .next_step = fmt::format("{}train again with a learning rate below {}",
                                  folder_.has_checkpoint() ? "remove this folder and " : "", plan_.learning_rate)});
  }
  at_.loss_sum += value;
  at_.grad_norm_sum += norm;
  ++at_.batches;
}

void Run::finish_epoch() {
  if (plan_.reestimate_batch_norm) reestimate_batch_norm(*network_, store_, plan_, size_, options_.threads);
  const ValidationScores scores = validation_.score(*network_);
  const bool better = stopping_.add(scores.macro_f1);
  if (better) {
    at_.best_weights = network_->state().copy();
    nn::write_tensors(folder_.best_weights(), at_.best_weights);
  }
  const auto n = static_cast<double>(at_.batches);
  const auto n_cells = static_cast<double>(loader_.n_cells());
  const EpochMetrics metrics{
      at_.epoch + 1, at_.loss_sum / n,      scores.loss,          scores.macro_f1, plan_.learning_rate_of(at_.epoch),
      at_.seconds,   n_cells / at_.seconds, at_.grad_norm_sum / n};
  append_metrics(folder_.metrics(), metrics);
  show(metrics, better);
  at_ = Progression{
      .epoch = at_.epoch + 1, .early_stopping = stopping_.state(), .best_weights = std::move(at_.best_weights)};
  save();
}

void Run::save() {
  write_checkpoint(folder_.checkpoint(), identity_, at_, *network_, optimizer_);
  saved_ = Clock::now();
}

TrainedMember Run::take_best() {
  const EarlyStopping::State& early = stopping_.state();
  network_->state().load(at_.best_weights, folder_.checkpoint().string());
  network_->eval();
  const double rate = seconds_trained_ > 0 ? static_cast<double>(cells_trained_) / seconds_trained_ : 0;
  return {std::move(network_),
          {.kind = plan_.architecture.kind,
           .seed = plan_.seed,
           .best_val_macro_f1 = early.best_score,
           .seconds = seconds_trained_,
           .epochs = early.epochs,
           .best_epoch = early.best_epoch + 1,
           .cells_per_second = rate},
          folder_};
}

}  // namespace

TrainResult train_networks(const Store& store, const TrainOptions& options, const std::filesystem::path& out) {
  const CorpusSize size = corpus_size(store);
  std::vector<TrainPlan> plans = choose_plans(options, size);
  const auto n_members = static_cast<int>(plans.size());
  LockedRunFolder folder(out, {.resume = options.resume, .overwrite = options.overwrite}, n_members);
  const sparse::CsrMatrix vectors = open_vectors(store, options, plans);
  add_covariate(store, options, plans);
  announce(plans);
  nn::set_torch_threads(options.threads);
  std::vector<TrainedMember> members;
  for (const TrainPlan& plan : plans) {
    const int number = static_cast<int>(members.size()) + 1;
    if (n_members > 1) {
      spdlog::info("member {} of {}: {}, seed {}", number, n_members, model::name(plan.architecture.kind), plan.seed);
    }
    Run run(store, plan, size, options, folder.member_of(n_members, number), vectors);
    run.train();
    members.push_back(run.take_best());
  }
  TrainResult result = write_model({store, plans, size, options.threads, options.overwrite}, members, out);
  folder.remove();
  return result;
}

}  // namespace sctab::train
