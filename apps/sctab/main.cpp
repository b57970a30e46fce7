#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "command_line.hpp"
#include "program.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/staged_output.hpp"
#include "version_report.hpp"

namespace sctab::cli {
namespace {

constexpr int kBug = 1, kBadInput = 2, kSignal = 128;

/// Prints "sctab: message" as one line on standard error and returns the exit code.
int fail(int code, std::string message) {
  std::ranges::replace(message, '\n', ' ');
  core::print_note(fmt::format("sctab: {}\n", message));
  return code;
}

int fail_with_bug(const std::exception& error) {
  const std::string what = error.what();
  return fail(kBug, fmt::format("unexpected error, a bug in sctab: {}; please report it with your command and the "
                                "output of `sctab --version --verbose`",
                                what.substr(0, what.find('\n'))));
}

/// What to say where standard output could not be written. A signal ends the wait for who reads it.
int fail_to_print() {
  const int signal = core::interrupting_signal();
  if (signal != 0) return fail(kSignal + signal, "interrupted while the result was printed");
  return fail(kBadInput, "standard output cannot be written; is its disk full, or has its reader ended?");
}

/// Notes of the libraries go to standard error as plain lines without colours: standard output is for results.
void send_notes_to_standard_error() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("sctab"));
  spdlog::set_pattern("%v");
}

void parse_and_run(int argc, char** argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  hand_over(words, argv);
  if (std::ranges::count(words, "--version") > 0) {
    return fmt::print("{}", version_report(std::ranges::count(words, "--verbose") > 0));
  }
  const auto app = make_command_line();
  require_known_commands(*app, words);
  try {
    app->parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help
    app->exit(request);
  } catch (const CLI::ParseError& error) {
    throw explain(*app, error);
  }
}

/// Opens those of the descriptors 0 to 2 that are closed, so that no output file becomes standard error. What is
/// printed to them fails as it would have.
void open_standard_descriptors() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) < 0) (void)::open("/dev/null", O_RDONLY);  // the lowest that is free: this one
  }
}

int run(int argc, char** argv) {
  send_notes_to_standard_error();
  parse_and_run(argc, argv);
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? 0 : fail_to_print();
}

int guarded_run(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const core::InputError& error) {
    return fail(kBadInput, error.what());
  } catch (const core::Interrupted& error) {
    return fail(kSignal + core::interrupting_signal(), error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(kBadInput, fmt::format("{}: {}; check the path and its permissions",
                                       core::target_name(error.path1().string()), error.code().message()));
  } catch (const std::bad_alloc&) {
    return fail(kBadInput,
                fmt::format("out of memory at {}; lower --threads or --batch-size, or use a machine with more",
                            core::format_bytes(static_cast<double>(core::peak_memory_bytes()))));
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0) return fail_to_print();  // fmt::print() throws
    if (error.code() != std::errc::resource_unavailable_try_again) return fail_with_bug(error);
    return fail(kBadInput, "a thread cannot be started; lower --threads, or raise the limits of ulimit -u and -v");
  } catch (const std::exception& error) {
    return fail_with_bug(error);
  }
}

}  // namespace
}  // namespace sctab::cli

int main(int argc, char** argv) {
  sctab::cli::open_standard_descriptors();
  sctab::core::install_signal_handlers();
  try {
    return sctab::cli::guarded_run(argc, argv);
  } catch (const std::bad_alloc&) {  // even for a message
    sctab::core::print_note("sctab: out of memory; use a machine with more\n");
    return sctab::cli::kBadInput;
  }
}
