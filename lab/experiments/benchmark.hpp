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
  std::string text;  // "macro F1 0.8120, 14.2 s", or what went wrong
};

struct BenchmarkOptions {
  bool small = false;
  CorpusOptions corpus;
  std::vector<std::uint64_t> seeds{};  // instead of the recipe's; empty: those
  kernels::Device device = kernels::Device::kCpu;
  bool keep_models = false;
  bool report_only = false;  // tables and page of the trials that are finished; nothing is computed, no store needed
  std::function<void(const TrialReport&)> on_trial{};
  /// What the user should know: that the recipe has changed since the last run, that a file of a trial is damaged, that
  /// no trial has a measure which a figure asks for.
  std::function<void(const std::string&)> on_note{};
};

struct BenchmarkResult {
  std::int64_t n_trials = 0, n_reused = 0, n_failed = 0, n_missing = 0;
  std::string first_failure;      // "tabnet, all, seed 1: …"; empty where none failed
  std::string summary, findings;  // for people
  std::filesystem::path page;
};

/// Runs what the recipe asks for and leaves in `out` a file for each finished trial (trials/), tables (csv, json) and
/// one page of figures (index.html). A finished trial is never computed again; one that was changed in the recipe is
/// computed beside its earlier result, and said; a damaged file is set aside, said, and its trial computed anew. A
/// trial that fails is reported and the rest goes on; tables then lack it. Throws Interrupted, and the same call goes
/// on from there.
BenchmarkResult run_benchmark(const std::filesystem::path& recipe, const std::filesystem::path& out,
                              const BenchmarkOptions& options);

}  // namespace sctab::experiments
