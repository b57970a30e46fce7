#pragma once

#include <CLI/App.hpp>
#include <CLI/Error.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/error.hpp"

namespace sctab::cli {

/// The whole command line: every command and group with its options.
std::unique_ptr<CLI::App> make_command_line();

/// Calls visit(command, "sctab corpus build") for `app` and everything below it: groups, commands, hidden ones too.
void for_each_command(const CLI::App& app, const std::function<void(const CLI::App&, const std::string&)>& visit);

/// The commands directly below a group, hidden ones too, in the order in which they were added.
std::vector<const CLI::App*> commands_of(const CLI::App& group);

/// The names of an option as they are typed, without the values of CLI11's negated flags: "-o", "--output".
std::vector<std::string> names_of(const CLI::Option& option);

/// Throws InputError if a word is given where a command belongs and no command has that name; suggests the nearest one.
void require_known_commands(const CLI::App& app, const std::vector<std::string>& words);

/// What to tell the user of a command line that could not be parsed: an unknown option gets the nearest one suggested.
core::InputError explain(const CLI::App& app, const CLI::ParseError& error);

}  // namespace sctab::cli
