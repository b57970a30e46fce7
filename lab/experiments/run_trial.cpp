#include "lab/experiments/run_trial.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "lab/experiments/results.hpp"
#include "lab/experiments/run_command.hpp"
#include "sctab/augment/make_vectors.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/evaluate/evaluate_model.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/model/network_tensors.hpp"
#include "sctab/train/run_folder.hpp"

namespace sctab::experiments {
namespace fs = std::filesystem;
namespace {

using core::json_number;
using Clock = std::chrono::steady_clock;
using nlohmann::json;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

int threads_of(const TrialOptions& options) {
  return options.threads > 0 ? options.threads : core::default_threads();
}

void drop_from_page_cache(const store::Store& store) {
  for (const store::Shard& shard : store.shards(store::Split::kTrain)) {
    const int descriptor = ::open((store.directory() / shard.file).c_str(), O_RDONLY);
    if (descriptor < 0) continue;
    static_cast<void>(::fdatasync(descriptor));
    static_cast<void>(::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED));
    static_cast<void>(::close(descriptor));
  }
}

std::int64_t read_epoch(store::Loader& loader, std::int64_t epoch) {
  std::int64_t n_cells = 0;
  loader.start(epoch);
  for (store::Batch batch; loader.next(batch);) {
    core::check_interrupt();
    n_cells += batch.x.n_cells;
  }
  return n_cells;
}

/// Training cells per second of a loader, over one epoch after a first one that fills its memory (and, unless the model
/// is cold, the page cache). seed: decides the order.
double loader_rate(const store::Store& store, const ModelSpec& model, std::uint64_t seed) {
  store::LoaderOptions options = *model.loader;
  options.seed = seed;
  store::Loader loader(store, store::Split::kTrain, options);
  read_epoch(loader, 0);
  if (model.cold) drop_from_page_cache(store);
  const auto start = Clock::now();
  const std::int64_t n_cells = read_epoch(loader, 1);
  return static_cast<double>(n_cells) / seconds_since(start);
}

fs::path vectors_path(const fs::path& model) {
  return model.string() + ".vectors.h5ad";
}

fs::path run_path(const fs::path& model) {
  return model.string() + ".run";
}

fs::path vectors_of(const Trial& trial, const store::Store& store, const TrialOptions& options) {
  const fs::path path = vectors_path(options.model);
  if (fs::exists(path)) return path;  // left by training that was cut off
  const augment::MadeVectors made = augment::make_vectors(store, {.seed = trial.seed, .threads = options.threads});
  augment::write_vectors(path, made.vectors, augment::to_json(made.facts));
  return path;
}

/// Trains the model of a trial; returns what training took.
json train_model(const Trial& trial, const store::Store& store, const TrialOptions& options) {
  train::TrainOptions training = trial.model->training;
  training.seed = trial.seed;
  training.threads = options.threads;
  training.device = options.device;
  training.resume = true;
  if (trial.model->augment) training.augment = vectors_of(trial, store, options).string();
  const auto start = Clock::now();
  const train::TrainResult result = train::train(store, training, options.model);
  if (trial.model->is_network()) return measures_of(result, seconds_since(start));
  return {{"train_seconds", result.seconds}, {"val_macro_f1", json_number(result.best_val_macro_f1)}};
}

/// train_model(), after removing an interrupted training of another store or sctab, which the name of a trial does not
/// tell apart and which this one cannot resume.
json train_again_if_other(const Trial& trial, const store::Store& store, const TrialOptions& options) {
  try {
    return train_model(trial, store, options);
  } catch (const train::OtherRun&) {
    fs::remove_all(run_path(options.model));
    fs::remove(vectors_path(options.model));
  }
  return train_model(trial, store, options);
}

/// What the optimisers trained, of all members.
std::int64_t parameters_of(const model::ModelDescription& model) {
  const std::int64_t n = model::count_parameters(model.architecture);
  const bool is_sum = model.architecture.kind == model::ModelKind::kMixed;
  return is_sum ? n : n * static_cast<std::int64_t>(model.members.size());
}

/// Cells and donors that were trained on; cells of each type, by CL id.
std::map<std::string, std::int64_t> describe_part(const Trial& trial, const store::Store& store, json& measures) {
  std::map<std::string, std::int64_t> cells;
  for (const auto type : store.codes(store::Split::kTrain, store::Field::kCellType)) {
    ++cells[store.tables().cell_types[static_cast<std::size_t>(type)].id];
  }
  measures["fraction"] = trial.part->fraction;
  measures["n_train_cells"] = store.n_cells(store::Split::kTrain);
  measures["n_train_donors"] = count_donors(store, store::Split::kTrain);
  measures["n_train_types"] = cells.size();
  return cells;
}

void add_scores(const evaluate::ModelEvaluation& found, const std::map<std::string, std::int64_t>& train_cells,
                json& result) {
  const evaluate::Scores& corrected = found.evaluation.corrected;
  json& measures = result["measures"];
  measures["macro_f1"] = json_number(corrected.macro_f1);
  measures["weighted_f1"] = json_number(corrected.weighted_f1);
  measures["micro_f1"] = json_number(corrected.micro_f1);
  measures["macro_f1_uncorrected"] = json_number(found.evaluation.uncorrected.macro_f1);
  measures["n_test_cells"] = corrected.n_cells;
  for (const auto& [tissue, scores] : found.evaluation.per_group) {
    result["per_tissue"][tissue] = json_number(scores.macro_f1);
  }
  for (std::size_t i = 0; i < found.labels.size(); ++i) {
    const evaluate::TypeScore& score = corrected.per_type[i];
    if (score.n_true == 0) continue;
    const auto cells = train_cells.find(found.ids[i]);
    result["per_type"].push_back({{"label", found.labels[i]},
                                  {"id", found.ids[i]},
                                  {"f1", json_number(score.f1)},
                                  {"n_test", score.n_true},
                                  {"n_train", cells == train_cells.end() ? 0 : cells->second}});
  }
}

void add_uncertainty(const evaluate::ModelEvaluation& found, json& result) {
  for (std::size_t i = 0; i < found.uncertainty.size(); ++i) {
    const evaluate::Uncertainty& one = found.uncertainty[i];
    result["members"].push_back(
        {{"members", i + 1},
         {"macro_f1", json_number(one.macro_f1)},
         {"auc_right_wrong", json_number(one.auc_right_wrong)},
         {"auc_known_absent", json_number(one.auc_known_absent)},
         {"expected_calibration_error", json_number(one.calibration.expected_calibration_error)}});
  }
  if (found.uncertainty.empty()) return;  // a command that gives no probabilities
  const evaluate::Uncertainty& all = found.uncertainty.back();
  for (const auto* name : {"auc_right_wrong", "auc_known_absent", "expected_calibration_error"}) {
    result["measures"][name] = result["members"].back()[name];
  }
  for (const evaluate::ReliabilityBin& bin : all.calibration.bins) {
    const double right = bin.n_cells == 0 ? 0 : bin.share_right * static_cast<double>(bin.n_cells);
    result["reliability"].push_back({{"lower", bin.lower},
                                     {"upper", bin.upper},
                                     {"n_right", std::llround(right)},
                                     {"n_wrong", bin.n_cells - std::llround(right)}});
  }
}

/// What a developer's own command calls, scored.
evaluate::ModelEvaluation evaluate_command(const Trial& trial, const store::Store& store, const TrialOptions& options) {
  const CommandRun run{.command = trial.model->command,
                       .calls = options.model.string() + ".csv",
                       .seed = trial.seed,
                       .threads = threads_of(options)};
  fs::create_directories(run.calls.parent_path());
  evaluate::ModelEvaluation found = run_command(run, store);
  std::error_code ignored;
  if (!options.keep_models) fs::remove(run.calls, ignored);
  return found;
}

/// One entry an epoch of a network's training: of the first member of an ensemble.
json read_curve(const fs::path& model) {
  json curve = json::array();
  const fs::path one = model / "run" / "metrics.jsonl";
  std::ifstream file(fs::exists(one) ? one : model / "run" / "member-1.jsonl");
  for (std::string line; std::getline(file, line);) {
    const json epoch = json::parse(line);
    curve.push_back({{"epoch", epoch.at("epoch")},
                     {"train_loss", epoch.at("train_loss")},
                     {"val_loss", epoch.at("val_loss")},
                     {"val_macro_f1", epoch.at("val_macro_f1")}});
  }
  return curve;
}

/// The scores of the trial's own model; adds the measures of its training to the result.
evaluate::ModelEvaluation train_and_evaluate(const Trial& trial, const store::Store& store, const TrialOptions& options,
                                             json& result) {
  fs::create_directories(options.model.parent_path());
  fs::remove_all(options.model);  // left by a trial that ended before its result was written
  result["measures"].update(train_again_if_other(trial, store, options));
  const auto classifier =
      model::Classifier::load(options.model, {.threads = options.threads, .device = options.device});
  if (trial.model->is_network()) {
    result["measures"]["n_parameters"] = parameters_of(classifier.description());
    result["curve"] = read_curve(options.model);
    add_losses(result);
  }
  return evaluate::evaluate_model(classifier, store, store::Split::kTest, {.threads = options.threads});
}

void remove_work(const fs::path& model, bool keep_model) {
  std::error_code ignored;
  fs::remove(vectors_path(model), ignored);
  if (!keep_model) fs::remove_all(model, ignored);
}

}  // namespace

json measures_of(const train::TrainResult& training, double seconds) {
  json measures = {{"train_seconds", seconds},
                   {"epochs", training.epochs},
                   {"val_macro_f1", json_number(training.best_val_macro_f1)}};
  // 0 where an earlier process trained all epochs; of an ensemble it is the first member's alone.
  if (training.members.empty() && training.cells_per_second > 0) {
    measures["cells_per_second"] = training.cells_per_second;
  }
  if (training.members.empty()) measures["best_epoch"] = training.best_epoch;
  return measures;
}

void add_losses(json& result) {
  json& measures = result["measures"];
  if (!measures.contains("best_epoch")) return;
  for (const json& epoch : result["curve"]) {
    if (epoch.at("epoch") != measures.at("best_epoch")) continue;
    measures["train_loss"] = epoch.at("train_loss");
    measures["val_loss"] = epoch.at("val_loss");
  }
}

json run_trial(const Trial& trial, const store::Store& store, const TrialOptions& options) {
  const auto start = Clock::now();
  json result = trial.names();
  json& measures = result["measures"];
  const auto train_cells = describe_part(trial, store, measures);
  if (!trial.part->is_whole()) result["types_lost"] = store.provenance().value("types_lost_from_train", json::array());
  if (trial.model->loader) {
    measures["cells_per_second"] = loader_rate(store, *trial.model, trial.seed);
    measures["n_threads"] = loader_threads(*trial.model);
  } else {
    const bool is_command = !trial.model->command.empty();
    const auto found =
        is_command ? evaluate_command(trial, store, options) : train_and_evaluate(trial, store, options, result);
    add_scores(found, train_cells, result);
    add_uncertainty(found, result);
    measures["n_threads"] = threads_of(options);
    if (!is_command) remove_work(options.model, options.keep_models);
  }
  measures["seconds"] = seconds_since(start);
  return result;
}

}  // namespace sctab::experiments
