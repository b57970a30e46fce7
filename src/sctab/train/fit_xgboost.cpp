#include "sctab/train/fit_xgboost.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/evaluate/evaluation.hpp"
#include "sctab/model/boosted_trees.hpp"
#include "sctab/model/model_arrays.hpp"
#include "sctab/model/type_scores.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/reader_threads.hpp"
#include "sctab/train/booster.hpp"

namespace sctab::train {
namespace {

/// The components of a split's cells that have a class, projected again each time: no cells × components array is held.
class ProjectedCells : public BoosterBatches {
 public:
  /// to_train: cells weigh as their class, balanced, and the quantiles are theirs.
  ProjectedCells(const Corpus& corpus, const linalg::Pca& pca, const model::BoosterClasses& classes, store::Split split,
                 bool to_train)
      : pca_(pca),
        classes_(classes),
        loader_(corpus.store, split,
                {.batch_size = kBatch, .shuffle = false, .threads = store::reader_threads(corpus.threads)}),
        progress_(fmt::format("quantiles of the components of {}", store::name(split)),
                  (to_train ? BoosterData::kPasses : BoosterData::kPassesWithQuantiles) * corpus.store.n_cells(split)) {
    if (to_train) class_weights_ = evaluate::balanced_class_weights(corpus.size.cells_per_type);
  }

  void restart() override { must_restart_ = true; }
  bool next(BoosterBatch& batch) override {
    if (must_restart_) loader_.start(0);  // not before it is needed: the loader reads ahead
    must_restart_ = false;
    for (auto* values : {&batch.rows, &batch.labels, &batch.weights}) values->clear();
    while (batch.labels.empty() && loader_.next(cells_)) {
      core::check_interrupt();
      take_cells(batch);
      progress_.advance(cells_.x.n_cells);
    }
    return !batch.labels.empty();
  }
  void finish() { progress_.finish(); }

 private:
  static constexpr std::int64_t kBatch = 4096;

  void take_cells(BoosterBatch& batch) {
    const auto width = static_cast<std::size_t>(pca_.n_components);
    scores_.resize(cells_.cell_types.size() * width);
    pca_.project(cells_.x.view(), scores_);
    for (std::size_t cell = 0; cell < cells_.cell_types.size(); ++cell) {
      const auto type = static_cast<std::size_t>(cells_.cell_types[cell]);
      if (classes_.class_of_type[type] < 0) continue;
      const auto row = std::span(scores_).subspan(cell * width, width);
      batch.rows.insert(batch.rows.end(), row.begin(), row.end());
      batch.labels.push_back(static_cast<float>(classes_.class_of_type[type]));
      if (!class_weights_.empty()) batch.weights.push_back(static_cast<float>(class_weights_[type]));
    }
  }

  const linalg::Pca& pca_;
  const model::BoosterClasses& classes_;
  store::Loader loader_;
  core::Progress progress_;
  std::vector<double> class_weights_;
  store::Batch cells_;
  std::vector<float> scores_;
  bool must_restart_ = false;
};

int threads_of(const Corpus& corpus) {
  return corpus.threads > 0 ? corpus.threads : core::default_threads();
}

/// quantiles_of: the training cells. Null where no cell of the split has a class.
std::unique_ptr<BoosterData> load(const Corpus& corpus, const linalg::Pca& pca, const model::BoosterClasses& classes,
                                  store::Split split, const BoosterData* quantiles_of) {
  const auto types = corpus.store.codes(split, store::Field::kCellType);
  const auto has_class = [&](auto type) { return classes.class_of_type[static_cast<std::size_t>(type)] >= 0; };
  if (std::ranges::none_of(types, has_class)) return nullptr;
  ProjectedCells cells(corpus, pca, classes, split, quantiles_of == nullptr);
  auto data = std::make_unique<BoosterData>(cells, pca.n_components, threads_of(corpus), quantiles_of);
  cells.finish();
  return data;
}

std::map<std::string, std::string> parameters_of(const Corpus& corpus, const XgboostOptions& options,
                                                 std::size_t n_classes) {
  return {{"objective", "multi:softprob"},
          {"eval_metric", "mlogloss"},
          {"tree_method", "hist"},
          {"num_class", std::to_string(n_classes)},
          {"eta", fmt::format("{}", options.eta)},
          {"subsample", fmt::format("{}", options.subsample)},
          {"max_depth", std::to_string(options.max_depth)},
          {"seed", std::to_string(corpus.seed % (std::uint64_t{1} << 31))},
          {"nthread", std::to_string(threads_of(corpus))},
          {"verbosity", "0"}};
}

/// When to stop, and the round to keep.
struct BestRound {
  int rounds = 0;  // trained
  int kept = 0;
  double loss = std::numeric_limits<double>::infinity();  // of the validation cells, where they decide
};

/// Without validation cells nothing can say when to stop.
XgboostOptions stopped_by(const BoosterData* val, XgboostOptions options) {
  if (val != nullptr || options.early_stopping_rounds == 0) return options;
  options.early_stopping_rounds = 0;
  spdlog::warn(
      "warning: xgboost: there are no validation cells of types with training cells, so training does not stop early: "
      "all {} are trained and kept; --xgb-rounds gives fewer",
      core::plural(options.n_rounds, "round"));
  return options;
}

BestRound boost(Booster& booster, const BoosterData& train, const BoosterData* val, const XgboostOptions& options) {
  core::Progress progress("boosting", options.n_rounds, "rounds");
  BestRound best;
  while (best.rounds < options.n_rounds) {
    core::check_interrupt();
    booster.add_round(best.rounds, train);
    if (options.early_stopping_rounds > 0) {
      const double loss = booster.evaluate(best.rounds, *val);
      if (loss < best.loss) best = {best.rounds, best.rounds + 1, loss};
      progress.note(fmt::format("validation log loss {:.4f}, best {:.4f}", loss, best.loss));
    } else {
      best.kept = best.rounds + 1;
    }
    ++best.rounds;
    progress.advance();
    if (best.rounds - best.kept >= options.early_stopping_rounds && best.rounds > best.kept) break;
  }
  progress.finish();
  best.kept = std::max(best.kept, 1);
  return best;
}

}  // namespace

Fitted fit_xgboost(const Corpus& corpus, const TrainOptions& options) {
  XgboostOptions trees{.pca = {.n_components = *options.components, .seed = corpus.seed},
                       .n_rounds = static_cast<int>(*options.xgb_rounds),
                       .eta = *options.xgb_eta,
                       .subsample = *options.xgb_subsample,
                       .max_depth = static_cast<int>(*options.xgb_max_depth)};
  if (options.preset == Preset::kLibrary) trees.early_stopping_rounds = 0;
  return fit_xgboost(corpus, trees);
}

Fitted fit_xgboost(const Corpus& corpus, const XgboostOptions& options) {
  const linalg::Pca pca = linalg::fit_pca(corpus.store, options.pca, corpus.threads);
  model::CellsPerType cells(corpus.size.cells_per_type.begin(), corpus.size.cells_per_type.end());
  const model::BoosterClasses classes(cells);
  const auto train = load(corpus, pca, classes, store::Split::kTrain, nullptr);
  const auto val = load(corpus, pca, classes, store::Split::kVal, train.get());
  const XgboostOptions used = stopped_by(val.get(), options);
  std::vector<const BoosterData*> cache = {train.get()};
  if (val != nullptr) cache.push_back(val.get());
  Booster booster(parameters_of(corpus, used, classes.type_of_class.size()), cache);
  const BestRound best = boost(booster, *train, val.get(), used);

  Fitted fitted;
  model::add_pca(pca, fitted.arrays);
  fitted.arrays.add("cells_per_type", {corpus.size.n_types()}, std::move(cells));
  fitted.arrays.add_bytes(model::kBooster, booster.first_rounds(best.kept).save());
  fitted.n_components = pca.n_components;
  fitted.facts = {{"rounds", best.rounds},
                  {"rounds_kept", best.kept},
                  {"best_val_log_loss", std::isfinite(best.loss) ? nlohmann::json(best.loss) : nlohmann::json()},
                  {"eta", options.eta},
                  {"subsample", options.subsample},
                  {"max_depth", options.max_depth},
                  {"early_stopping_rounds", used.early_stopping_rounds}};
  return fitted;
}

}  // namespace sctab::train
