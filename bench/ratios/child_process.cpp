#include "child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "sctab/core/error.hpp"

namespace sctab::bench {
namespace {

std::string last_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

/// In the child, between fork and exec; this program has one thread only when it starts others.
[[noreturn]] void become(const Command& command, const char* log, int out) {
  const int err = ::open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  for (const auto& [name, value] : command.environment) {
    if (value.empty()) {
      ::unsetenv(name.c_str());
    } else {
      ::setenv(name.c_str(), value.c_str(), 1);
    }
  }
  std::vector<char*> words;
  for (const std::string& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  ::_exit(127);
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 1 << 16> buffer{};
  for (ssize_t n = 0; (n = ::read(descriptor, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return text;
}

}  // namespace

std::string text_of(const Command& command) {
  std::string text;
  for (const auto& [name, value] : command.environment) {
    if (!value.empty()) text += fmt::format("{}={} ", name, value);
  }
  return text + fmt::format("{}", fmt::join(command.words, " "));
}

Finished run(const Command& command, const std::filesystem::path& log) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw core::InputError({.found = "cannot make a pipe"});
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) become(command, log.c_str(), pipe[1]);
  ::close(pipe[1]);
  Finished finished;
  if (child > 0) finished.out = read_all(pipe[0]);
  ::close(pipe[0]);
  int status = -1;
  if (child > 0) ::waitpid(child, &status, 0);
  finished.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return finished;
  throw core::InputError(
      {.subject = text_of(command), .found = fmt::format("failed; {} ends with: {}", log.string(), last_line(log))});
}

}  // namespace sctab::bench
