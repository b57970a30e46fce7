#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/fixtures.hpp"

namespace sctab::tests {

/// What a program left when it ended. exit_code is 128 + signal where a signal ended it.
struct Finished {
  int exit_code = 0;
  std::string out, err;
};

/// A program running next to the test.
class Process {
 public:
  /// arguments[0] is the program. Its output is kept in files of `folder`.
  Process(const std::vector<std::string>& arguments, const std::filesystem::path& folder);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  [[nodiscard]] bool ended();
  void send(int signal_number) const;
  void interrupt() const;  // Ctrl-C
  void pause() const;      // until go_on(), or its end
  void go_on() const;
  /// Whether it waits in the system for something, a pipe say.
  [[nodiscard]] bool sleeps() const;
  Finished wait();

 private:
  pid_t pid_ = -1;
  bool ended_ = false;
  int status_ = 0;
  std::filesystem::path out_, err_;
};

/// Runs a program to its end.
Finished run_program(const std::vector<std::string>& arguments);
/// Runs the sctab of this build.
Finished run_sctab(std::vector<std::string> arguments);
/// Runs the sctab of this build, which must succeed.
Finished run(const std::vector<std::string>& arguments);
/// The same with --json: the JSON that it prints.
nlohmann::json run_json(std::vector<std::string> arguments);
/// The sctab of this build with these arguments.
std::vector<std::string> sctab_command(std::vector<std::string> arguments);

/// Path and content of every file below a folder: what a failed command must leave as it was.
std::map<std::string, std::string> contents(const std::filesystem::path& folder);

}  // namespace sctab::tests
