#pragma once

#include <filesystem>
#include <string>

namespace sctab::experiments {

/// The text as one word of a shell.
std::string quoted_for_shell(const std::string& text);

/// Runs a command in a shell, without input and with all its output in the log. Throws InputError with the last line of
/// the log if the command fails, and Interrupted, after ending the command.
void run_shell_command(const std::string& command, const std::filesystem::path& log);

}  // namespace sctab::experiments
