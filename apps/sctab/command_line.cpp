#include "command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <sstream>
#include <utility>

#include "commands.hpp"
#include "sctab/core/alternatives.hpp"
#include "sctab/core/nearest_word.hpp"
#include "sctab/core/progress.hpp"

namespace sctab::cli {
namespace {

constexpr std::size_t kHelpWidth = 100;
constexpr std::size_t kCommandColumn = 14;  // where the descriptions of commands begin

/// Breaks at spaces so that no line is longer than `width` where that is possible; keeps existing line breaks.
std::string wrap(const std::string& text, std::size_t width) {
  std::string wrapped;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!wrapped.empty()) wrapped += '\n';
    std::istringstream words(line);
    std::size_t column = 0;
    for (std::string word; words >> word; column += word.size()) {
      if (column > 0 && column + 1 + word.size() > width) {
        wrapped += '\n';
        column = 0;
      } else if (column > 0) {
        wrapped += ' ';
        ++column;
      }
      wrapped += word;
    }
  }
  return wrapped;
}

/// CLI11's help with types next to the names, defaults after the descriptions, and lines of at most kHelpWidth columns.
class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat() { column_width(34); }

  std::string make_description(const CLI::App* app) const override {
    return wrap(app->get_description(), kHelpWidth) + "\n\n";
  }

  std::string make_footer(const CLI::App* app) const override {
    const std::string footer = app->get_footer();
    return footer.empty() ? "" : wrap(footer, kHelpWidth) + "\n";
  }

  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    if (is_positional) return option->get_name(true);
    return fmt::format("{}", fmt::join(names_of(*option), ", "));
  }

  /// The type alone; CLI11 would add the names of the checks.
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_positional()) return option->get_expected_max() > 1 ? "..." : "";
    const std::string type = option->get_type_name();
    const bool is_flag = option->get_items_expected_max() == 0;
    return is_flag ? "" : " " + type.substr(0, type.find(':'));
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    std::string text = option->get_description();
    if (!option->get_default_str().empty()) text += " [default: " + option->get_default_str() + "]";
    if (option->get_required() && option->nonpositional()) text += " [required]";
    return wrap(text, kHelpWidth - get_column_width());
  }

  /// The first sentence alone: the rest is for the sub-command's own help.
  std::string make_subcommand(const CLI::App* command) const override {
    const std::string description = command->get_description();
    std::ostringstream lines;
    CLI::detail::format_help(lines, command->get_name(),
                             wrap(description.substr(0, description.find('.')), kHelpWidth - kCommandColumn),
                             kCommandColumn);
    return lines.str();
  }
};

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
  add_dev_options(dev);
  dev.group("");  // hidden from `sctab --help`; commands added later would inherit that
}

/// Refuses an empty text for every option and argument, before any other check of it.
void refuse_empty_values(CLI::App& app) {
  const auto takes_value = [](const CLI::Option* option) { return option->get_items_expected_max() != 0; };
  for (CLI::Option* option : app.get_options(takes_value)) option->transform(not_empty());
  for (CLI::App* command : app.get_subcommands([](const CLI::App* /*any*/) { return true; })) {
    refuse_empty_values(*command);
  }
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

/// What CLI11 says in words that are not for users, said for them.
core::Problem problem_of(const CLI::App& command, const CLI::ParseError& error) {
  const std::string text = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) == nullptr) return {.found = text};
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() > 1 && option->get_items_expected_max() == 1) {
      return {.subject = option->get_name(), .found = fmt::format("was given {} times", option->count())};
    }
  }
  return {.subject = text.substr(0, text.find(':')), .found = "was given no value"};
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
  refuse_empty_values(*app);
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
    const bool is_letter = name.size() <= 2;  // every letter is near every other
    return core::InputError({.found = fmt::format("unknown option '{}'", name),
                             .next_step = is_letter ? help : suggestion(name, option_names(command), help)});
  }
  if (!unknown.empty()) {
    return core::InputError({.found = fmt::format("unexpected argument '{}'", unknown.front()), .next_step = help});
  }
  if (const std::vector<std::string> names = command_names(command); !names.empty()) {
    return core::InputError({.found = "no command was given",
                             .expected = core::alternatives(names),
                             .next_step = fmt::format("`{} --help` describes them", full_name(command))});
  }
  core::Problem problem = problem_of(command, error);
  problem.next_step = help;
  return core::InputError(std::move(problem));
}

}  // namespace sctab::cli
