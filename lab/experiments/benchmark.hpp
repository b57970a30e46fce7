#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lab/experiments/corpora.hpp"
#include "lab/experiments/recipe.hpp"
#include "sctab/kernels/backend.hpp"

namespace sctab::experiments {

/// How one trial went.
struct TrialReport {
  enum class State { kReused, kFinished, kFailed, kMissing };
  std::int64_t number = 0, n_trials = 0;  // number: from 1
  std::string title;                      // "tabnet, all, seed 1"
  State state = State::kFinished;
  std::string text;  // "macro F1 0.8120, 14.2 s", or the error
};

struct BenchmarkOptions {
  bool small = false;
  CorpusOptions corpus;
  std::vector<std::uint64_t> seeds{};  // instead of the recipe's; empty: the recipe's
  kernels::Device device = kernels::Device::kCpu;
  bool keep_models = false;
  bool report_only = false;  // only write tables and page from finished trials; needs no store
  std::function<void(const TrialReport&)> on_trial{};
  /// What the user should know: the recipe has changed since the last run, a trial's file is damaged, no trial has a
  /// measure that a figure asks for.
  std::function<void(const std::string&)> on_note{};
};

struct BenchmarkResult {
  std::int64_t n_trials = 0, n_reused = 0, n_failed = 0, n_missing = 0;
  std::string first_failure;      // "tabnet, all, seed 1: …"; empty if none failed
  std::string summary, findings;  // for people
  std::filesystem::path page;
};

/// Runs a recipe. `out` gets a file for each finished trial (trials/), tables (csv, json) and one page of figures
/// (index.html). A finished trial is never computed again. A trial that has changed in the recipe is computed, and its
/// earlier result is kept. A damaged file is renamed and its trial computed again. Both are reported through on_note. A
/// failed trial is reported and missing from the tables; the others continue. Throws InputError, and Interrupted, after
/// which the same call continues.
BenchmarkResult run_benchmark(const std::filesystem::path& recipe, const std::filesystem::path& out,
                              const BenchmarkOptions& options);

}  // namespace sctab::experiments
