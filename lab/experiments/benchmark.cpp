#include "lab/experiments/benchmark.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "lab/experiments/page.hpp"
#include "lab/experiments/run_trial.hpp"
#include "lab/experiments/tables.hpp"
#include "lab/experiments/trial.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/output_folder.hpp"
#include "sctab/core/resumable_folder.hpp"
#include "sctab/core/thread_pool.hpp"

namespace sctab::experiments {
namespace fs = std::filesystem;
namespace {

constexpr const char* kMarker = "benchmark.json";

void mark_folder(const fs::path& out, const Recipe& recipe, const RunDescription& run) {
  core::write_json(out / kMarker, {{"title", recipe.title},
                                   {"recipe", run.recipe},
                                   {"small", run.is_small},
                                   {"store", run.store.at("hash")},
                                   {"store_description", run.store},
                                   {"sctab_version", SCTAB_VERSION}});
}

RunDescription describe_run(const fs::path& recipe, const BenchmarkOptions& options, nlohmann::json store) {
  return {.recipe = recipe.filename().string(),
          .is_small = options.small,
          .store = std::move(store),
          .device = options.device == kernels::Device::kCuda ? "cuda" : "cpu",
          .failed = {},
          .not_finished = {}};
}

/// describe_store() of the store given, or of the last run in `out`.
nlohmann::json store_of_run(const fs::path& out, const CorpusOptions& corpus) {
  if (!corpus.store.empty()) return describe_store(store::Store::open(corpus.store));
  const fs::path marker = out / kMarker;
  if (!fs::exists(marker)) {
    throw core::InputError({.file = out.string(),
                            .found = "has no benchmark run to report",
                            .next_step = "run without --report-only first"});
  }
  const nlohmann::json run = core::read_json(marker);
  if (!run.is_object() || !run.contains("store") || !run.at("store").is_string()) {
    throw core::InputError({.file = marker.string(),
                            .key = "store",
                            .found = "missing, so the store of this run is unknown",
                            .next_step = "name it with --store"});
  }
  const nlohmann::json described = run.value("store_description", nlohmann::json());
  if (described.is_object() && described.value("hash", nlohmann::json()) == run.at("store")) return described;
  return {{"hash", run.at("store")}};
}

std::string score_text(const nlohmann::json& trial) {
  const double f1 = measured(trial, "macro_f1"), rate = measured(trial, "cells_per_second");
  std::string score = "no macro F1";
  if (std::isfinite(rate)) score = fmt::format("{} cells/s", core::format_count(std::llround(rate)));
  if (std::isfinite(f1)) score = fmt::format("macro F1 {:.4f}", f1);
  return fmt::format("{}, {:.1f} s", score, measured(trial, "seconds"));
}

/// Runs the trials of a recipe, one after the other.
class Grid {
 public:
  /// parts: null to compute nothing.
  Grid(const Recipe& recipe, fs::path out, RunDescription run, const BenchmarkOptions& options, PartStores* parts)
      : trials_(expand(recipe)),
        folder_(out / "trials", {.store_hash = run.store.at("hash").get<std::string>(), .device = options.device}),
        run_(std::move(run)),
        parts_(parts),
        out_(std::move(out)),
        options_(options),
        results_(recipe) {}

  void note_changes() const {
    std::int64_t n_changed = 0;
    std::string first;
    for (const Trial& trial : trials_) {
      const std::string change = folder_.has(trial) ? std::string() : folder_.change(trial);
      if (change.empty()) continue;
      if (n_changed++ == 0) first = fmt::format("{}: {}", trial.title(), change);
    }
    if (n_changed == 0) return;
    note(fmt::format(
        "this run differs from the last one here: {} of {} trials are computed again, and their earlier results "
        "are kept ({})",
        n_changed, trials_.size(), first));
  }

  void note_strays() const {
    std::set<fs::path> wanted;  // reported when their trial is run
    for (const Trial& trial : trials_) wanted.insert(folder_.file(trial));
    for (const fs::path& stray : folder_.strays()) {
      if (wanted.contains(stray)) continue;
      note(fmt::format("{}: ignored: it cannot be read as a trial's result, and no trial of this run needs it",
                       stray.string()));
    }
  }

  /// Throws Interrupted.
  void run() {
    counts_.n_trials = static_cast<std::int64_t>(trials_.size());
    for (const Trial& trial : trials_) {
      ++number_;
      run_one(trial);
    }
    note_what_results_are();
    run_.n_trials = counts_.n_trials;
    run_.n_finished = static_cast<std::int64_t>(results_.trials().size());
    results_.set_run(run_);
  }

  [[nodiscard]] const Results& results() const { return results_; }
  [[nodiscard]] const BenchmarkResult& counts() const { return counts_; }
  void note(const std::string& text) const {
    if (options_.on_note) options_.on_note(text);
  }

 private:
  void note_damage(const Trial& trial, const std::string& damage) const {
    const std::string path = folder_.file(trial).string();
    if (parts_ == nullptr) return note(fmt::format("{}: ignored: {}", path, damage));
    note(fmt::format("{}: {}; renamed to {}, and the trial is computed again", path, damage,
                     folder_.set_aside(trial).filename().string()));
  }

  void report(const Trial& trial, TrialReport::State state, std::string text) {
    if (state == TrialReport::State::kReused) ++counts_.n_reused;
    if (state == TrialReport::State::kMissing) {
      ++counts_.n_missing;
      const std::string failure = folder_.failure(trial);
      (failure.empty() ? run_.not_finished : run_.failed).push_back({trial.title(), failure});
    }
    if (state == TrialReport::State::kFailed) {
      run_.failed.push_back({trial.title(), text});
      if (counts_.n_failed++ == 0) counts_.first_failure = fmt::format("{}: {}", trial.title(), text);
    }
    if (!options_.on_trial) return;
    options_.on_trial({number_, static_cast<std::int64_t>(trials_.size()), trial.title(), state, std::move(text)});
  }

  void take(const Trial& trial, nlohmann::json result) {
    report(trial, TrialReport::State::kReused, score_text(result));
    results_.add(std::move(result));
  }

  void compute(const Trial& trial) {
    const store::Store& store = parts_->open(*trial.part, trial.seed);
    const std::string name = folder_.file(trial).stem().string();
    folder_.write(trial, run_trial(trial, store,
                                   {.model = out_ / "models" / name,
                                    .threads = options_.corpus.threads,
                                    .device = options_.device,
                                    .keep_models = options_.keep_models}));
    FoundTrial found = folder_.find(trial);  // as later runs will find it
    if (!found.result) {
      throw core::InputError(
          {.file = folder_.file(trial).string(),
           .found = fmt::format("just written, but {}", found.damage.empty() ? "gone" : found.damage),
           .next_step = "check the disk"});
    }
    report(trial, TrialReport::State::kFinished, score_text(*found.result));
    results_.add(std::move(*found.result));
  }

  /// When nothing is computed, results under other names, or from other versions and threads, are better than none.
  void look_for(const Trial& trial) {
    auto alike = folder_.find_alike(trial);
    if (!alike) {
      const std::string failure = folder_.failure(trial);
      return report(trial, TrialReport::State::kMissing, failure.empty() ? "not finished" : "failed: " + failure);
    }
    if (alike->is_of_other_version) ++n_of_other_versions_;
    if (alike->is_of_other_threads) ++n_of_other_threads_;
    if (!alike->is_of_other_version && !alike->is_of_other_threads) ++n_of_other_names_;
    take(trial, std::move(alike->result));
  }

  void run_one(const Trial& trial) {
    try {
      core::check_interrupt();
      FoundTrial found = folder_.find(trial);
      if (found.result) return take(trial, std::move(*found.result));
      if (!found.damage.empty()) note_damage(trial, found.damage);
      if (parts_ == nullptr) return look_for(trial);
      compute(trial);
    } catch (const core::Interrupted&) {
      throw core::Interrupted(
          fmt::format("interrupted; {} of {} trials are done, and the same command continues from here ({})",
                      results_.trials().size(), trials_.size(), out_.string()));
    } catch (const std::exception& error) {
      if (parts_ != nullptr) keep_reason(trial, error.what());
      report(trial, TrialReport::State::kFailed, error.what());
    }
  }

  /// A full disk makes a trial fail, but does not stop the run: later reports then lack the reason.
  void keep_reason(const Trial& trial, const std::string& reason) const {
    try {
      folder_.write_failure(trial, reason);
    } catch (const core::InputError& error) {
      note(fmt::format("the reason why {} failed cannot be kept: {}", trial.title(), error.what()));
    }
  }

  void note_what_results_are() {
    const auto add = [this](std::int64_t n, const std::string& origin) {
      if (n > 0) results_.add_note(fmt::format("results from {}: {} of {}", origin, n, results_.trials().size()));
    };
    add(n_of_other_versions_, fmt::format("versions of sctab other than {}", SCTAB_VERSION));
    add(n_of_other_names_, "trials whose model or part had another name");
    add(n_of_other_threads_,
        fmt::format("loaders with a number of threads other than the {} of this machine", core::default_threads()));
    for (std::string& text : lost_types(results_)) results_.add_note(std::move(text));
    for (const std::string& text : results_.notes()) note(text);
  }

  std::vector<Trial> trials_;
  TrialFolder folder_;
  RunDescription run_;
  PartStores* parts_;
  fs::path out_;
  const BenchmarkOptions& options_;
  Results results_;
  BenchmarkResult counts_;
  std::int64_t number_ = 0;  // the current trial's, from 1
  std::int64_t n_of_other_versions_ = 0, n_of_other_names_ = 0, n_of_other_threads_ = 0;
};

/// Writes the tables and the page of the grid's results.
BenchmarkResult write_report(const Grid& grid, const fs::path& out) {
  BenchmarkResult result = grid.counts();
  const std::vector<Finding> findings = check_findings(grid.results());
  const std::vector<std::string> missing = missing_measures(grid.results());
  for (const std::string& text : missing) grid.note(text);
  write_tables(out, grid.results(), findings, missing);
  result.page = out / "index.html";
  write_page(result.page, grid.results(), findings, missing);
  result.summary = table_text(summary_table(grid.results()));
  result.findings = findings_text(findings);
  return result;
}

BenchmarkResult report_benchmark(const Recipe& recipe, const fs::path& recipe_path, const fs::path& out,
                                 const BenchmarkOptions& options) {
  Grid grid(recipe, out, describe_run(recipe_path, options, store_of_run(out, options.corpus)), options, nullptr);
  grid.note_strays();
  grid.run();
  if (!grid.results().trials().empty()) return write_report(grid, out);
  throw core::InputError(
      {.file = out.string(),
       .found = fmt::format("none of this recipe's trials ({}) is finished with these seeds on this store and device",
                            grid.counts().n_trials),
       .next_step = "run without --report-only to compute them"});
}

}  // namespace

BenchmarkResult run_benchmark(const fs::path& recipe_path, const fs::path& out, const BenchmarkOptions& options) {
  Recipe recipe = read_recipe(recipe_path, options.small);
  if (!options.seeds.empty()) {
    require_seeds(options.seeds, {.subject = "--seeds"});
    recipe.seeds = options.seeds;
  }
  if (options.report_only) return report_benchmark(recipe, recipe_path, out, options);
  static_cast<void>(kernels::backend(options.device));  // throws if there is none, before hours of baselines
  core::require_own_or_empty(out, kMarker);
  const core::FolderLock lock(out, "benchmark");  // two benchmarks in one folder would overwrite each other's parts
  if (!fs::exists(out / kMarker)) core::write_json(out / kMarker, nlohmann::json::object());
  const store::Store store = open_corpus(recipe, out, options.corpus);
  check_parts(recipe_path.string(), recipe, store);
  const RunDescription run = describe_run(recipe_path, options, describe_store(store));
  mark_folder(out, recipe, run);
  PartStores parts(store, out / "part", options.corpus);
  Grid grid(recipe, out, run, options, &parts);
  grid.note_strays();
  grid.note_changes();
  grid.run();
  return write_report(grid, out);
}

}  // namespace sctab::experiments
