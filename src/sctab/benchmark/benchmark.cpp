#include "sctab/benchmark/benchmark.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "sctab/benchmark/page.hpp"
#include "sctab/benchmark/run_trial.hpp"
#include "sctab/benchmark/tables.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::benchmark {
namespace fs = std::filesystem;
namespace {

constexpr const char* kMarker = "benchmark.json";

void open_folder(const fs::path& out, const Recipe& recipe, const fs::path& recipe_path, bool small) {
  core::require_replaceable_directory(out, kMarker);
  std::error_code error;
  fs::create_directories(out, error);
  if (error) throw core::InputError(fmt::format("{}: cannot be made: {}", out.string(), error.message()));
  core::write_json(out / kMarker, {{"title", recipe.title},
                                   {"recipe", recipe_path.filename().string()},
                                   {"small", small},
                                   {"sctab_version", SCTAB_VERSION}});
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
  Grid(const Recipe& recipe, const store::Store& store, fs::path out, const BenchmarkOptions& options)
      : trials_(expand(recipe)),
        folder_(out / "trials", store.hash()),
        parts_(store, out / "part", options.corpus),
        out_(std::move(out)),
        options_(options),
        results_(recipe) {}

  void note_changes() const;
  /// Throws Interrupted.
  void run();
  [[nodiscard]] const Results& results() const { return results_; }
  [[nodiscard]] const BenchmarkResult& counts() const { return counts_; }

 private:
  void run_one(const Trial& trial);
  void compute(const Trial& trial);
  void report(const Trial& trial, TrialReport::State state, std::string text);

  std::vector<Trial> trials_;
  TrialFolder folder_;
  PartStores parts_;
  fs::path out_;
  const BenchmarkOptions& options_;
  Results results_;
  BenchmarkResult counts_;
  std::int64_t number_ = 0;  // of the trial under way
};

void Grid::note_changes() const {
  std::int64_t n_changed = 0;
  std::string first;
  for (const Trial& trial : trials_) {
    const std::string change = folder_.has(trial) ? std::string() : folder_.change(trial);
    if (change.empty()) continue;
    if (n_changed++ == 0) first = fmt::format("{}: {}", trial.title(), change);
  }
  if (n_changed == 0 || !options_.on_note) return;
  options_.on_note(fmt::format(
      "recipe or store have changed since the last run here: {} of {} trials are computed anew, beside their "
      "earlier results ({})",
      n_changed, trials_.size(), first));
}

void Grid::report(const Trial& trial, TrialReport::State state, std::string text) {
  if (state == TrialReport::State::kReused) ++counts_.n_reused;
  if (state == TrialReport::State::kFailed && counts_.n_failed++ == 0) {
    counts_.first_failure = fmt::format("{}: {}", trial.title(), text);
  }
  if (!options_.on_trial) return;
  options_.on_trial({number_, static_cast<std::int64_t>(trials_.size()), trial.title(), state, std::move(text)});
}

void Grid::compute(const Trial& trial) {
  const store::Store& store = parts_.open(*trial.part, trial.seed);
  const std::string name = folder_.file(trial).stem().string();
  nlohmann::json result = run_trial(trial, store,
                                    {.model = out_ / "models" / name,
                                     .threads = options_.corpus.threads,
                                     .device = options_.device,
                                     .keep_models = options_.keep_models});
  folder_.write(trial, result);
  result = folder_.read(trial);  // as later runs will have it
  report(trial, TrialReport::State::kFinished, score_text(result));
  results_.add(std::move(result));
}

void Grid::run_one(const Trial& trial) {
  try {
    core::check_interrupt();
    if (!folder_.has(trial)) return compute(trial);
    nlohmann::json result = folder_.read(trial);
    report(trial, TrialReport::State::kReused, score_text(result));
    results_.add(std::move(result));
  } catch (const core::Interrupted&) {
    throw core::Interrupted(
        fmt::format("interrupted; {} of {} trials are done, and the same command goes on from here "
                    "({})",
                    results_.trials().size(), trials_.size(), out_.string()));
  } catch (const std::exception& error) {
    report(trial, TrialReport::State::kFailed, error.what());
  }
}

void Grid::run() {
  counts_.n_trials = static_cast<std::int64_t>(trials_.size());
  for (const Trial& trial : trials_) {
    ++number_;
    run_one(trial);
  }
}

}  // namespace

BenchmarkResult run_benchmark(const fs::path& recipe_path, const fs::path& out, const BenchmarkOptions& options) {
  static_cast<void>(kernels::backend(options.device));  // throws where there is none, before hours of baselines
  Recipe recipe = read_recipe(recipe_path, options.small);
  if (!options.seeds.empty()) {
    require_seeds(options.seeds, "--seeds");
    recipe.seeds = options.seeds;
  }
  open_folder(out, recipe, recipe_path, options.small);
  const store::Store store = open_corpus(recipe, out, options.corpus);
  Grid grid(recipe, store, out, options);
  grid.note_changes();
  grid.run();
  BenchmarkResult result = grid.counts();
  const std::vector<Finding> findings = check_findings(grid.results());
  write_tables(out, grid.results(), findings);
  result.page = out / "index.html";
  write_page(result.page, grid.results(), findings);
  result.summary = table_text(summary_table(grid.results()));
  result.findings = findings_text(findings);
  return result;
}

}  // namespace sctab::benchmark
