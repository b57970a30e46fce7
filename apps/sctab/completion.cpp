#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>

#include "command_line.hpp"
#include "commands.hpp"

namespace sctab::cli {
namespace {

enum class Shell { kBash, kZsh };

/// What can be completed after one command: "corpus build" below sctab, "" for sctab itself.
struct Command {
  std::string path;
  std::vector<std::string> commands, options;
  std::vector<std::pair<std::string, std::vector<std::string>>> choices;  // names of an option, its words
  std::vector<std::string> files, other_values;                           // names of options that take such a value
  bool takes_files = false;                                               // as arguments without an option
  std::vector<std::string> words;                                         // that its argument can be
};

/// The words that an option takes, in whichever way they are declared: as a type "cpu|cuda", or by CLI11's IsMember,
/// which adds ":{a,b}" to the type. Empty if it takes others.
std::vector<std::string> words_of(const CLI::Option& option) {
  std::string type = option.get_type_name();
  if (const std::size_t open = type.find('{'), end = type.find('}'); open != std::string::npos && end > open) {
    return CLI::detail::split(type.substr(open + 1, end - open - 1), ',');
  }
  type = type.substr(0, type.find(':'));
  if (type.find('|') == std::string::npos) return {};
  return CLI::detail::split(type, '|');
}

bool takes_file(const CLI::Option& option) {
  constexpr std::array kTypes = {"FILE", "DIR", "STORE", "STORE2", "MODEL", "OUT", "OUTPUT", "PCA", "VECTORS"};
  const std::string type = option.get_type_name();
  return std::ranges::count(kTypes, type.substr(0, type.find(':'))) > 0;
}

void add_option(const CLI::Option& option, Command& command) {
  if (option.get_positional()) {
    command.words = words_of(option);
    command.takes_files = command.words.empty();
    return;
  }
  const std::vector<std::string> names = names_of(option);
  command.options.insert(command.options.end(), names.begin(), names.end());
  if (option.get_items_expected_max() == 0) return;  // a flag
  const std::vector<std::string> words = words_of(option);
  if (!words.empty()) {
    command.choices.emplace_back(fmt::format("{}", fmt::join(names, " ")), words);
  } else {
    auto& values = takes_file(option) ? command.files : command.other_values;
    values.insert(values.end(), names.begin(), names.end());
  }
}

std::vector<Command> all_commands(const CLI::App& app) {
  std::vector<Command> commands;
  for_each_command(app, [&](const CLI::App& at, const std::string& name) {
    Command command;
    command.path = name == app.get_name() ? "" : name.substr(app.get_name().size() + 1);
    for (const CLI::App* below : commands_of(at)) {
      if (!below->get_group().empty()) command.commands.push_back(below->get_name());
    }
    for (const CLI::Option* option : at.get_options()) add_option(*option, command);
    if (&at != &app) command.options.emplace_back("--quiet");
    commands.push_back(std::move(command));
  });
  return commands;
}

/// One case of a shell's `case`: "  'a'|'b') action ;;".
std::string case_of(const std::vector<std::string>& patterns, const std::string& action) {
  std::string line = "    ";
  for (std::size_t i = 0; i < patterns.size(); ++i) line += fmt::format("{}'{}'", i == 0 ? "" : "|", patterns[i]);
  return fmt::format("{}) {} ;;\n", line, action);
}

/// How a shell offers words and files.
struct Dialect {
  const char* word_at;   // the word number i
  const char* current;   // the word under the cursor
  const char* previous;  // the word before it
  const char* first;     // number of the first word behind "sctab"
  const char* cursor;    // number of the word under the cursor
  const char* files;     // offers files
  const char* offer;     // offers the words {}
};

constexpr Dialect kBash = {
    .word_at = "${COMP_WORDS[i]}",
    .current = "${COMP_WORDS[COMP_CWORD]}",
    .previous = "${COMP_WORDS[COMP_CWORD-1]}",
    .first = "1",
    .cursor = "COMP_CWORD",
    .files = "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")",
    .offer = "mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$current\")"};
constexpr Dialect kZsh = {.word_at = "${words[i]}",
                          .current = "${words[CURRENT]}",
                          .previous = "${words[CURRENT-1]}",
                          .first = "2",
                          .cursor = "CURRENT",
                          .files = "_files",
                          .offer = "compadd -- {}"};

std::string offer(const Dialect& shell, const std::vector<std::string>& words) {
  return fmt::format(fmt::runtime(shell.offer), fmt::join(words, " "));
}

std::string values(const std::vector<Command>& commands, const Dialect& shell) {
  std::string cases;
  const auto at = [](const Command& command, std::vector<std::string> names) {
    for (std::string& name : names) name = fmt::format("{} {}", command.path, name);
    return names;
  };
  for (const Command& command : commands) {
    for (const auto& [names, words] : command.choices) {
      cases += case_of(at(command, CLI::detail::split(names, ' ')), offer(shell, words) + "; return");
    }
    if (!command.files.empty()) cases += case_of(at(command, command.files), fmt::format("{}; return", shell.files));
    if (!command.other_values.empty()) cases += case_of(at(command, command.other_values), "return");
  }
  return cases;
}

std::string script(const CLI::App& app, Shell of) {
  const Dialect& shell = of == Shell::kBash ? kBash : kZsh;
  const std::vector<Command> commands = all_commands(app);
  std::vector<std::string> paths;
  std::string options, arguments;
  for (const Command& command : commands) {
    const std::size_t space = command.path.rfind(' ');
    const std::string group = space == std::string::npos ? "" : command.path.substr(0, space);
    if (!command.path.empty()) paths.push_back(group + " " + command.path.substr(group.empty() ? 0 : space + 1));
    options += case_of({command.path}, offer(shell, command.options));
    if (!command.commands.empty()) {
      arguments += case_of({command.path}, offer(shell, command.commands));
    } else if (!command.words.empty()) {
      arguments += case_of({command.path}, offer(shell, command.words));
    } else if (command.takes_files) {
      arguments += case_of({command.path}, shell.files);
    }
  }
  std::string text = of == Shell::kBash
                         ? "# bash completion for sctab: source <(sctab completion bash)\n"
                         : "#compdef sctab\n# zsh completion for sctab: source <(sctab completion zsh)\n";
  text += fmt::format("_sctab() {{\n  local current=\"{}\" command= i\n", shell.current);
  if (of == Shell::kBash) text += "  COMPREPLY=()\n";
  text += fmt::format("  for ((i = {}; i < {}; i++)); do\n    case \"$command {}\" in\n  ", shell.first, shell.cursor,
                      shell.word_at);
  text += case_of(paths, fmt::format("command=\"${{command:+$command }}{}\"", shell.word_at));
  text +=
      fmt::format("    esac\n  done\n  case \"$command {}\" in\n{}  esac\n", shell.previous, values(commands, shell));
  text +=
      fmt::format("  if [[ $current == -* ]]; then\n    case \"$command\" in\n{}    esac\n    return\n  fi\n", options);
  text += fmt::format("  case \"$command\" in\n{}  esac\n}}\n", arguments);
  if (of == Shell::kBash) return text + "complete -F _sctab sctab\n";
  // zsh runs the script as the function itself where it is a file of $fpath.
  return text + "if [[ ${funcstack[1]} == _sctab ]]; then _sctab \"$@\"; else compdef _sctab sctab; fi\n";
}

}  // namespace

void add_completion(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("completion",
                         "Print a script that completes commands, options and files in bash or zsh. For this shell "
                         "alone: `source <(sctab completion bash)`. For every bash: `sctab completion bash "
                         ">~/.local/share/bash-completion/completions/sctab`. For every zsh: write it to a file _sctab "
                         "in a folder of $fpath. The Debian package has both in place.");
  auto shell = std::make_shared<Shell>(Shell::kBash);
  CLI::Option* option =
      add_choice<Shell>(*command, "SHELL", *shell, {{"bash", Shell::kBash}, {"zsh", Shell::kZsh}}, "bash or zsh");
  option->required()->default_str("");
  command->callback([shell, &app] { fmt::print("{}", script(app, *shell)); });
}

}  // namespace sctab::cli
