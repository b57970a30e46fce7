#pragma once

#include <stdexcept>
#include <string>

namespace sctab::core {

/// Bad input: a file, a field of options or a value that the user can mend. The message is one line that names the
/// file, what was found, what was expected and what to do. The command line prints it and exits with 2.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The user pressed Ctrl-C (or the system sent SIGTERM). The command line exits with 130.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted; nothing was written") {}
  using std::runtime_error::runtime_error;
};

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace sctab::core

/// A bug of ours, never bad input. Checked in every build.
#define SCTAB_ASSERT(expression) \
  (static_cast<bool>(expression) ? void(0) : ::sctab::core::assertion_failed(#expression, __FILE__, __LINE__))
