#include "lab/experiments/benchmark.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/progress.hpp"
#include "summaries.hpp"

namespace sctab::cli {
namespace {

using experiments::TrialReport;

struct BenchmarkArguments {
  std::filesystem::path recipe, out;
  experiments::BenchmarkOptions options;
  bool json = false, show_training = false;
};

/// One line per trial, at once: a run may take days. file: standard output, or with --json standard error.
void print_trial(std::FILE* file, const TrialReport& trial) {
  using State = TrialReport::State;
  const char* state = trial.state == State::kReused   ? " (from an earlier run)"
                      : trial.state == State::kFailed ? " failed"
                                                      : "";
  fmt::print(file, "[{}/{}] {}{}: {}\n", trial.number, trial.n_trials, trial.title, state, trial.text);
  static_cast<void>(std::fflush(file));
}

void run_trials_of_recipe(BenchmarkArguments& arguments) {
  const bool is_quiet = spdlog::get_level() > spdlog::level::info;  // --quiet
  if (!arguments.show_training) {  // one line per trial; the notes of each training would drown it
    core::Progress::set_quiet(true);
    spdlog::set_level(spdlog::level::err);
  }
  std::FILE* const lines = arguments.json ? stderr : stdout;
  arguments.options.on_trial = [lines, is_quiet](const TrialReport& trial) {
    if (lines == stdout || !is_quiet) print_trial(lines, trial);
  };
  arguments.options.on_note = [is_quiet](const std::string& note) {
    if (!is_quiet) core::print_note(note + "\n");
  };
  const experiments::BenchmarkResult result =
      experiments::run_benchmark(arguments.recipe, arguments.out, arguments.options);
  if (arguments.json) {
    print_json(core::read_json(arguments.out / "results.json"));
  } else {
    fmt::print("\n{}\n{}\npage: {}\n", result.summary, result.findings, result.page.string());
  }
  if (result.n_missing > 0) {
    core::print_note(
        fmt::format("{} of {} trials are not finished; the tables lack them\n", result.n_missing, result.n_trials));
  }
  if (result.n_failed == 0) return;
  throw core::InputError({.found = fmt::format("{} of {} trials failed, and the tables lack them; the first was {}",
                                               result.n_failed, result.n_trials, result.first_failure),
                          .next_step = "run the same command again to retry them"});
}

}  // namespace

void add_benchmark(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "benchmark", fmt::format("{} ", kBenchmarkSummary) +
                       "Each finished trial is kept, so that the same command continues after Ctrl-C. Ends with tables "
                       "(csv, json), the recipe's figures on one HTML page, and which of the paper's findings held. "
                       "recipes/ has the paper's experiments.");
  BenchmarkArguments& arguments = add_arguments(*command, run_trials_of_recipe);
  experiments::BenchmarkOptions& options = arguments.options;
  command->add_option("RECIPE", arguments.recipe, "a recipe, as a TOML file")->required();
  add_output(*command, arguments.out, "OUT",
             "the folder for trials, tables and index.html; continues a run that is there");
  command->add_flag("--small", options.small, "run the recipe's small form: minutes on a laptop");
  add_value(*command, "--store", options.corpus.store, "STORE",
            "a store made by `sctab corpus build`, to use instead of the recipe's corpus");
  add_value(*command, "--data", options.corpus.data, "DIR", "the folder with the sources that the recipe names");
  add_value(*command, "--seeds", options.seeds, "N",
            "seeds to use instead of the recipe's: fewer for a first look, more for a close call");
  command->add_flag("--keep-models", options.keep_models, "keep the trained models in OUT/models");
  CLI::Option* const report_only =
      command->add_flag("--report-only", options.report_only,
                        "compute nothing: make tables and page again from the finished trials in OUT, after a figure "
                        "or finding of the recipe has changed; needs no store");
  command->add_flag("--show-training", arguments.show_training, "show the notes and progress of each training");
  add_memory(*command, options.corpus.memory_bytes, corpus::kLeastMemory);
  for (const char* computing : {"--data", "--keep-models", "--memory"}) report_only->excludes(computing);
  add_threads(*command, options.corpus.threads);
  command->get_option("--threads")
      ->description(
          "threads to build, train and evaluate with; 0: one per processor. Trials of a loader always read with the "
          "number that the recipe gives");
  add_json(*command, arguments.json);
}

}  // namespace sctab::cli
