// The commands of sctab-train as sctab knows them: by name.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>

#include "commands.hpp"
#include "library_environment.hpp"
#include "program.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/installation.hpp"
#include "summaries.hpp"

namespace sctab::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "sctab-train";
constexpr std::array<std::string_view, 5> kCommands = {"augment", "benchmark", "pca", "simulate", "train"};

/// sctab-train next to this program, or in libexec/sctab of the same installation.
std::optional<fs::path> find_training_program() {
  const fs::path folder = core::program_folder();
  if (folder.empty()) return std::nullopt;
  for (const fs::path& path : {folder / kProgram, core::installation_prefix() / "libexec" / "sctab" / kProgram}) {
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

/// The command that the words begin with, apart from options; empty if there is none.
std::string command_of(const std::vector<std::string>& words) {
  const auto is_command = [](const std::string& word) { return !word.starts_with('-'); };
  const auto found = std::ranges::find_if(words, is_command);
  return found == words.end() ? "" : *found;
}

}  // namespace

void hand_over(const std::vector<std::string>& words, char** argv) {
  const std::string command = command_of(words);
  const bool is_there_alone = std::ranges::count(kCommands, command) > 0;
  // sctab-train completes its own options, has more for developers, and knows its own libraries.
  const auto has = [&](std::string_view word) { return std::ranges::count(words, word) > 0; };
  const bool is_better_there = command == "completion" || command == "dev" || (has("--version") && has("--verbose"));
  if (!is_there_alone && !is_better_there) return;
  const std::optional<fs::path> program = find_training_program();
  if (program) ::execve(program->c_str(), argv, with_library_settings(environ).data());
  if (!is_there_alone) return;
  throw core::InputError({.subject = fmt::format("sctab {}", command),
                          .found = program
                                       ? fmt::format("{} cannot be run: {}", program->string(), std::strerror(errno))
                                       : fmt::format("needs the program {}, which is not installed", kProgram),
                          .next_step = "install the package sctab-train, or build without -DSCTAB_TRAIN=OFF"});
}

std::vector<std::pair<std::string, std::string>> training_libraries() {
  // Otherwise it would have been asked.
  return {{"training", fmt::format("{} {}", kProgram, find_training_program() ? "cannot be run" : "is not installed")}};
}

void add_train(CLI::App& app) {
  app.add_subcommand("train", kTrainSummary);
}

void add_pca(CLI::App& app) {
  app.add_subcommand("pca", kPcaSummary);
}

void add_simulate(CLI::App& app) {
  app.add_subcommand("simulate", kSimulateSummary);
}

void add_benchmark(CLI::App& app) {
  app.add_subcommand("benchmark", kBenchmarkSummary);
}

// The groups are known by their own descriptions.
void add_augment_make(CLI::App& /*augment*/) {}
void add_augment_check(CLI::App& /*augment*/) {}
void add_dev_options(CLI::App& /*dev*/) {}

}  // namespace sctab::cli
