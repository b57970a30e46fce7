#include "command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/Config.hpp>

#include <algorithm>

#include "commands.hpp"
#include "help_format.hpp"
#include "sctab/core/nearest_word.hpp"
#include "sctab/core/progress.hpp"
#include "shared_options.hpp"

#include <spdlog/spdlog.h>

namespace sctab::cli {
namespace {

void be_quiet() {
  core::Progress::set_quiet(true);
  spdlog::set_level(spdlog::level::warn);
}

CLI::App& add_group(CLI::App& app, const std::string& name, const std::string& description) {
  CLI::App* group = app.add_subcommand(name, description);
  group->require_subcommand(1);
  group->footer(fmt::format("`sctab {} COMMAND --help` shows the options of a command.", name));
  return *group;
}

void add_commands(CLI::App& app) {
  CLI::App& corpus = add_group(app, "corpus", "Build, import, describe and subsample training corpora.");
  add_corpus_build(corpus);
  add_corpus_describe(corpus);
  add_corpus_import(corpus);
  add_corpus_subsample(corpus);
  CLI::App& augment = add_group(app, "augment", "Make and check augmentation vectors: differences between donors.");
  add_augment_make(augment);
  add_augment_check(augment);
  add_train(app);
  add_evaluate(app);
  add_annotate(app);
  CLI::App& models = add_group(app, "models", "List and show trained models, import published ones.");
  add_models_import(models);
  add_models_list(models);
  add_models_show(models);
  add_pca(app);
  add_simulate(app);
  add_benchmark(app);
  add_completion(app);
  CLI::App& dev = add_group(app, "dev", "For developers of sctab: commands with options that nobody else needs.");
  add_dev_annotate(dev);
  dev.group("");  // hidden from `sctab --help`; commands added later would inherit that
}

/// The command that was being parsed.
const CLI::App& command_at(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return *command;
}

/// "sctab corpus build"
std::string full_name(const CLI::App& command) {
  const CLI::App* group = command.get_parent();
  return group == nullptr ? command.get_name() : full_name(*group) + " " + command.get_name();
}

std::vector<std::string> command_names(const CLI::App& group) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands_of(group)) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

/// The nearest of the candidates as a question, before where to find them all.
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates, const std::string& all) {
  const std::string nearest = core::nearest_word(word, candidates);
  return nearest.empty() ? all : fmt::format("did you mean '{}'? {}", nearest, all);
}

/// The options of a command, and those of the groups above it, which it takes too.
std::vector<std::string> option_names(const CLI::App& at) {
  std::vector<std::string> names;
  for (const CLI::App* command = &at; command != nullptr; command = command->get_parent()) {
    for (const CLI::Option* option : command->get_options()) {
      for (std::string& name : names_of(*option)) names.push_back(std::move(name));
    }
  }
  return names;
}

}  // namespace

std::vector<const CLI::App*> commands_of(const CLI::App& group) {
  return group.get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); });
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

void for_each_command(const CLI::App& app, const std::function<void(const CLI::App&, const std::string&)>& visit) {
  const std::function<void(const CLI::App&, const std::string&)> walk = [&](const CLI::App& at,
                                                                            const std::string& name) {
    visit(at, name);
    for (const CLI::App* command : commands_of(at)) walk(*command, name + " " + command->get_name());
  };
  walk(app, app.get_name());
}

std::unique_ptr<CLI::App> make_command_line() {
  auto app =
      std::make_unique<CLI::App>("sctab: cell types for single cells, after scTab (Fischer et al., 2023).", "sctab");
  app->formatter(std::make_shared<HelpFormat>());
  app->fallthrough();
  app->require_subcommand(1);
  app->add_flag_callback(
      "--version", [] {}, "print the version and exit; with --verbose, what a bug report needs");
  app->add_flag_callback(
      "--verbose", [] {}, "with --version: also the build, its libraries and the processor");
  app->add_flag_callback("--quiet", be_quiet, "show warnings and errors only, no progress; for every command");
  add_commands(*app);
  app->footer(
      "`sctab COMMAND --help` shows the options of a command.\n"
      "Results go to standard output, everything else to standard error.");
  return app;
}

void require_known_commands(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* group = &app;
  for (const std::string& word : words) {
    const std::vector<const CLI::App*> commands = commands_of(*group);
    if (commands.empty()) return;
    if (word.starts_with('-')) continue;  // an option of a group: none of them takes a value
    const auto found = std::ranges::find(commands, word, &CLI::App::get_name);
    if (found == commands.end()) {
      const std::string help = fmt::format("`{} --help` lists the commands", full_name(*group));
      throw core::InputError({.found = fmt::format("unknown command '{}'", word),
                              .next_step = suggestion(word, command_names(*group), help)});
    }
    group = *found;
  }
}

core::InputError explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = command_at(app);
  const std::string help = fmt::format("`{} --help` shows the options", full_name(command));
  const std::vector<std::string> unknown = app.remaining(true);
  const auto option = std::ranges::find_if(unknown, [](const std::string& word) { return word.starts_with('-'); });
  if (option != unknown.end()) {
    const std::string name = option->substr(0, option->find('='));
    return core::InputError({.found = fmt::format("unknown option '{}'", name),
                             .next_step = suggestion(name, option_names(command), help)});
  }
  if (!unknown.empty()) {
    return core::InputError({.found = fmt::format("unexpected argument '{}'", unknown.front()), .next_step = help});
  }
  if (const std::vector<std::string> names = command_names(command); !names.empty()) {
    return core::InputError({.found = "no command was given",
                             .expected = fmt::format("one of {}", fmt::join(names, ", ")),
                             .next_step = fmt::format("`{} --help` describes them", full_name(command))});
  }
  return core::InputError({.found = error.what(), .next_step = help});
}

}  // namespace sctab::cli
