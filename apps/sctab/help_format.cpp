#include "help_format.hpp"

#include <CLI/Option.hpp>
#include <sstream>

namespace sctab::cli {
namespace {

constexpr std::size_t kLineWidth = 100;

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
  return wrap(app->get_description(), kLineWidth) + "\n\n";
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
  return wrap(text, kLineWidth - get_column_width());
}

/// The first sentence alone: the rest is for the sub-command's own help.
std::string HelpFormat::make_subcommand(const CLI::App* command) const {
  const std::string description = command->get_description();
  std::ostringstream line;
  CLI::detail::format_help(line, command->get_name(), description.substr(0, description.find('.')), get_column_width());
  return line.str();
}

}  // namespace sctab::cli
