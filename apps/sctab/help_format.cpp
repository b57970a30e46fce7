#include "help_format.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/Option.hpp>
#include <sstream>

#include "command_line.hpp"

namespace sctab::cli {
namespace {

constexpr std::size_t kCommandColumn = 14;  // where the descriptions of commands begin

}  // namespace

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

std::string HelpFormat::make_description(const CLI::App* app) const {
  return wrap(app->get_description(), kHelpWidth) + "\n\n";
}

std::string HelpFormat::make_footer(const CLI::App* app) const {
  const std::string footer = app->get_footer();
  return footer.empty() ? "" : wrap(footer, kHelpWidth) + "\n";
}

std::string HelpFormat::make_option_name(const CLI::Option* option, bool is_positional) const {
  if (is_positional) return option->get_name(true);
  return fmt::format("{}", fmt::join(names_of(*option), ", "));
}

/// The type alone; CLI11 would add the names of the checks.
std::string HelpFormat::make_option_opts(const CLI::Option* option) const {
  if (option->get_positional()) return option->get_expected_max() > 1 ? "..." : "";
  if (option->get_type_size() == 0) return "";
  const std::string type = option->get_type_name();
  return " " + type.substr(0, type.find(':'));
}

std::string HelpFormat::make_option_desc(const CLI::Option* option) const {
  std::string text = option->get_description();
  if (!option->get_default_str().empty()) text += " [default: " + option->get_default_str() + "]";
  if (option->get_required() && option->nonpositional()) text += " [required]";
  return wrap(text, kHelpWidth - get_column_width());
}

/// The first sentence alone: the rest is for the sub-command's own help.
std::string HelpFormat::make_subcommand(const CLI::App* command) const {
  const std::string description = command->get_description();
  std::ostringstream lines;
  CLI::detail::format_help(lines, command->get_name(),
                           wrap(description.substr(0, description.find('.')), kHelpWidth - kCommandColumn),
                           kCommandColumn);
  return lines.str();
}

}  // namespace sctab::cli
