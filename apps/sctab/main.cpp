#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>

#include "commands.hpp"
#include "help_format.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::cli {
namespace {

constexpr int kBug = 1, kBadInput = 2, kInterrupted = 130;

/// Prints "sctab: message" as one line on standard error and returns the exit code.
int fail(int code, std::string message) {
  std::ranges::replace(message, '\n', ' ');
  fmt::print(stderr, "sctab: {}\n", message);
  return code;
}

void add_commands(CLI::App& app) {
  app.require_subcommand(1);
  CLI::App* corpus = app.add_subcommand("corpus", "Build, import, describe and subsample training corpora.");
  corpus->require_subcommand(1);
  add_corpus_build(*corpus);
  add_corpus_describe(*corpus);
  add_corpus_import(*corpus);
  add_corpus_subsample(*corpus);
  add_augment(app);
  add_train(app);
  add_evaluate(app);
  add_annotate(app);
  CLI::App* models = app.add_subcommand("models", "Look into trained models, import published ones.");
  models->require_subcommand(1);
  add_models_import(*models);
  add_models_show(*models);
  add_pca(app);
  add_simulate(app);
  add_benchmark(app);
}

/// "sctab corpus build": the command that was being parsed.
std::string command_name(const CLI::App& app) {
  std::string name = "sctab";
  for (const CLI::App* command = &app; !command->get_subcommands().empty();) {
    command = command->get_subcommands().front();
    name += " " + command->get_name();
  }
  return name;
}

/// Notes of the libraries go to standard error as plain lines: standard output is for results.
void send_notes_to_standard_error() {
  spdlog::set_default_logger(spdlog::stderr_color_mt("sctab"));
  spdlog::set_pattern("%v");
}

void be_quiet() {
  core::Progress::set_quiet(true);
  spdlog::set_level(spdlog::level::warn);
}

int run(int argc, char** argv) {
  send_notes_to_standard_error();
  CLI::App app("sctab: cell type annotation of single cells, after scTab (Fischer et al., 2023).", "sctab");
  app.formatter(std::make_shared<HelpFormat>());
  app.fallthrough();
  app.set_version_flag("--version", "sctab " SCTAB_VERSION, "print the version and leave");
  app.add_flag_callback("--quiet", be_quiet, "show warnings and errors, but no progress");
  app.footer(
      "With every command: --quiet shows warnings and errors, but no progress.\n"
      "Results go to standard output, all else to standard error.");
  add_commands(app);
  app.footer("`sctab COMMAND --help` shows the options of a command.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    app.exit(request);
  } catch (const CLI::ParseError& error) {
    return fail(kBadInput, fmt::format("{}; `{} --help` shows the options", error.what(), command_name(app)));
  }
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  return fail(kBadInput, "standard output cannot be written to; is its disk full?");
}

int guarded_run(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const core::InputError& error) {
    return fail(kBadInput, error.what());
  } catch (const core::Interrupted& error) {
    return fail(kInterrupted, error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(kBadInput, fmt::format("{}: {}; check the path and its permissions",
                                       core::target_name(error.path1().string()), error.code().message()));
  } catch (const std::bad_alloc&) {
    return fail(kBug, fmt::format("out of memory at {}; a smaller --memory or --batch-size, or more memory, helps",
                                  core::format_bytes(static_cast<double>(core::peak_memory_bytes()))));
  } catch (const std::exception& error) {
    const std::string what = error.what();
    return fail(kBug, fmt::format("unexpected error, which is a bug: {}; please report it with the command you ran",
                                  what.substr(0, what.find('\n'))));
  }
}

}  // namespace
}  // namespace sctab::cli

int main(int argc, char** argv) {
  sctab::core::install_interrupt_handler();
  return sctab::cli::guarded_run(argc, argv);
}
