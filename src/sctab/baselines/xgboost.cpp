#include "sctab/baselines/xgboost.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "sctab/baselines/booster.hpp"
#include "sctab/baselines/pca_arrays.hpp"
#include "sctab/baselines/type_scores.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/evaluate/evaluation.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/reader_threads.hpp"

namespace sctab::baselines {
namespace {

constexpr const char* kBooster = "booster";

/// libxgboost wants labels without gaps: types that have training cells, in order. -1: none.
struct Classes {
  std::vector<int> class_of_type;
  std::vector<std::size_t> type_of_class;

  explicit Classes(const CellsPerType& cells_per_type) {
    for (std::size_t type = 0; type < cells_per_type.size(); ++type) {
      class_of_type.push_back(cells_per_type[type] > 0 ? static_cast<int>(type_of_class.size()) : -1);
      if (cells_per_type[type] > 0) type_of_class.push_back(type);
    }
  }
};

/// The components of a split's cells that have a class, projected anew each time: no cells × components array is held.
class ProjectedCells : public BoosterBatches {
 public:
  /// to_train: cells weigh as their class, balanced, and the quantiles are theirs.
  ProjectedCells(const Corpus& corpus, const linalg::Pca& pca, const Classes& classes, store::Split split,
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
  const Classes& classes_;
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
std::unique_ptr<BoosterData> load(const Corpus& corpus, const linalg::Pca& pca, const Classes& classes,
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
      "warning: xgboost: there are no validation cells of types with training cells, so that nothing stops it early: "
      "all {} rounds are trained and kept; --rounds gives fewer",
      options.n_rounds);
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

class XgboostPredictor : public nn::Predictor {
 public:
  XgboostPredictor(const nn::ModelArrays& arrays, const nn::Architecture& architecture)
      : pca_(pca_from(arrays, architecture.n_genes, architecture.n_components)),
        cells_per_type_(arrays.floats("cells_per_type", {architecture.n_types})),
        classes_(cells_per_type_),
        booster_(arrays.bytes(kBooster)) {}

  void predict(sparse::CsrView log_norm, std::vector<float>& probabilities,
               std::vector<float>& embedding) const override {
    if (log_norm.n_cells == 0) return;
    const std::vector<float> scores = pca_.project(log_norm);
    const std::vector<float> found = booster_.predict(BoosterData(scores, pca_.n_components));
    const std::size_t n_classes = classes_.type_of_class.size(), n_types = cells_per_type_.size();
    SCTAB_ASSERT(found.size() == static_cast<std::size_t>(log_norm.n_cells) * n_classes);
    std::size_t row = probabilities.size();
    probabilities.resize(row + static_cast<std::size_t>(log_norm.n_cells) * n_types, 0.0F);
    for (std::size_t begin = 0; begin < found.size(); begin += n_classes, row += n_types) {
      for (std::size_t i = 0; i < n_classes; ++i) probabilities[row + classes_.type_of_class[i]] = found[begin + i];
    }
    embedding.insert(embedding.end(), scores.begin(), scores.end());
  }

 private:
  linalg::Pca pca_;
  CellsPerType cells_per_type_;
  Classes classes_;
  Booster booster_;
};

}  // namespace

XgboostOptions XgboostOptions::defaults() {
  return {.pca = {}, .n_rounds = 100, .eta = 0.3, .subsample = 1, .max_depth = 6, .early_stopping_rounds = 0};
}

void XgboostOptions::validate() const {
  const auto require = [](bool good, std::string_view option, auto value, std::string_view expected) {
    if (!good) throw core::InputError(fmt::format("{} is {}, expected {}", option, value, expected));
  };
  require(n_rounds >= 1, "--rounds", n_rounds, "at least 1");
  require(eta > 0 && eta <= 1, "--eta", eta, "a number above 0 and up to 1");
  require(subsample > 0 && subsample <= 1, "--subsample", subsample, "a number above 0 and up to 1");
  require(max_depth >= 1 && max_depth <= 30, "--max-depth", max_depth, "1 to 30");
}

Fitted fit_xgboost(const Corpus& corpus, const XgboostOptions& options) {
  options.validate();
  const linalg::Pca pca = linalg::fit_pca(corpus.store, options.pca, corpus.threads);
  CellsPerType cells(corpus.size.cells_per_type.begin(), corpus.size.cells_per_type.end());
  const Classes classes(cells);
  const auto train = load(corpus, pca, classes, store::Split::kTrain, nullptr);
  const auto val = load(corpus, pca, classes, store::Split::kVal, train.get());
  const XgboostOptions used = stopped_by(val.get(), options);
  std::vector<const BoosterData*> cache = {train.get()};
  if (val != nullptr) cache.push_back(val.get());
  Booster booster(parameters_of(corpus, used, classes.type_of_class.size()), cache);
  const BestRound best = boost(booster, *train, val.get(), used);

  Fitted fitted;
  add_pca(pca, fitted.arrays);
  fitted.arrays.add("cells_per_type", {corpus.size.n_types()}, std::move(cells));
  fitted.arrays.add_bytes(kBooster, booster.first_rounds(best.kept).save());
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

std::unique_ptr<nn::Predictor> load_xgboost(const std::filesystem::path& weights,
                                            const nn::Architecture& architecture) {
  try {
    return std::make_unique<XgboostPredictor>(nn::ModelArrays::read(weights), architecture);
  } catch (const core::InputError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw core::InputError(fmt::format("{}: its trees cannot be read ({}); train the model again", weights.string(),
                                       std::string(error.what()).substr(0, 80)));
  }
}

}  // namespace sctab::baselines
