#include "lab/experiments/shell_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"

namespace sctab::experiments {
namespace fs = std::filesystem;
namespace {

/// Waits for a child that leads its own process group, and returns its wait status. When interrupted, ends the group
/// and throws Interrupted.
int wait_for(pid_t child) {
  int status = 0;
  try {
    while (waitpid(child, &status, WNOHANG) == 0) {
      core::check_interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  } catch (const core::Interrupted&) {
    ::kill(-child, SIGTERM);
    waitpid(child, &status, 0);
    throw;
  }
  return status;
}

/// Runs the command in a shell with all its output in the log, and returns its wait status.
int run_shell(const std::string& command, const fs::path& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  std::string shell = "sh", option = "-c", text = command;
  const std::array<char*, 4> arguments = {shell.data(), option.data(), text.data(), nullptr};
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t child = 0;
  const int error = posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    throw core::InputError({.subject = command, .found = fmt::format("cannot be run: {}", std::strerror(error))});
  }
  return wait_for(child);
}

std::string last_line(const fs::path& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace

std::string quoted_for_shell(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

void run_shell_command(const std::string& command, const fs::path& log) {
  const int status = run_shell(command, log);
  const bool exited = WIFEXITED(status);
  if (exited && WEXITSTATUS(status) == 0) return;
  throw core::InputError({.subject = command,
                          .found = fmt::format("{}; its last line of output is '{}'",
                                               exited ? fmt::format("failed with exit code {}", WEXITSTATUS(status))
                                                      : fmt::format("was killed by signal {}", WTERMSIG(status)),
                                               last_line(log)),
                          .next_step = fmt::format("see all its output in {}", log.string())});
}

}  // namespace sctab::experiments
