#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sctab::bench {

struct Command {
  std::vector<std::string> words;                    // the first is the program, found as the shell finds it
  std::map<std::string, std::string> environment{};  // added to ours; empty values remove a variable
};

/// As one would type it.
std::string text_of(const Command& command);

struct Finished {
  std::string out;
  double seconds = 0;  // from start to end of the process
};

/// Runs it to its end. Its standard error goes to `log`. Throws InputError with the log's name and last line where the
/// program fails.
Finished run(const Command& command, const std::filesystem::path& log);

}  // namespace sctab::bench
