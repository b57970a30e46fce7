#include "cli/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace sctab::tests {
namespace fs = std::filesystem;
namespace {

/// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(const std::vector<char*>& arguments, const char* out, const char* err) {
  const int out_file = ::open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int err_file = ::open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(out_file, STDOUT_FILENO);
  ::dup2(err_file, STDERR_FILENO);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const fs::path& folder)
    : out_(folder / "stdout"), err_(folder / "stderr") {
  std::vector<std::string> words = arguments;
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) become(pointers, out_.c_str(), err_.c_str());
  if (pid_ < 0) throw std::runtime_error("cannot start " + arguments.at(0));
}

Process::~Process() {
  if (ended_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, &status_, 0);
}

bool Process::ended() {
  if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return ended_;
}

void Process::send(int signal_number) const {
  ::kill(pid_, signal_number);
}

void Process::interrupt() const {
  send(SIGINT);
}

void Process::pause() const {
  send(SIGSTOP);
}

void Process::go_on() const {
  send(SIGCONT);
}

bool Process::sleeps() const {
  const std::string line = tests::read_bytes("/proc/" + std::to_string(pid_) + "/stat");  // "PID (NAME) STATE …"
  return line.compare(line.rfind(')') + 2, 1, "S") == 0;
}

Finished Process::wait() {
  if (!ended_) ::waitpid(pid_, &status_, 0);
  ended_ = true;
  return {WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_), tests::read_bytes(out_),
          tests::read_bytes(err_)};
}

Finished run_program(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  return Process(arguments, folder.path()).wait();
}

std::vector<std::string> sctab_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), SCTAB_PROGRAM);
  return arguments;
}

Finished run_sctab(std::vector<std::string> arguments) {
  return run_program(sctab_command(std::move(arguments)));
}

Finished run(const std::vector<std::string>& arguments) {
  Finished finished = run_sctab(arguments);
  EXPECT_EQ(finished.exit_code, 0) << arguments[0] << ": " << finished.err;
  return finished;
}

nlohmann::json run_json(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  return nlohmann::json::parse(run(arguments).out);
}

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    files[entry.path().string()] = entry.is_regular_file() ? tests::read_bytes(entry.path()) : "";
  }
  return files;
}

}  // namespace sctab::tests
