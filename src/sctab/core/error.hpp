#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace sctab::core {

/// What is wrong with an input, field by field. Leave empty what does not apply. The one-line message is made from the
/// fields by format(), and no code reads it back: code that needs to know what went wrong reads the fields.
///
///   throw InputError({.file = path, .matrix = "X", .cell = "AAACCTG", .found = "a negative value, -1",
///                     .expected = "raw counts of 0 or more", .next_step = "name another matrix with --counts"});
///
/// pbmc.h5ad: X: cell AAACCTG: a negative value, -1; expected raw counts of 0 or more; name another matrix with
/// --counts
struct Problem {
  // Where it is, from the outside in.
  std::string file{};     // a path, as the user gave it
  std::int64_t line = 0;  // of the file, counted from 1; 0: does not apply
  std::string matrix{};   // "X", "layers/counts"
  std::string cell{};     // the cell's name, or its number where it has none
  std::string gene{};
  std::string key{};      // of a JSON, TOML, YAML or HDF5 file: "architecture.n_d", "obs/cell_type"
  std::string subject{};  // an option ("--batch-size"), a field, a value: what is wrong if nothing above names it

  std::string found{};      // "4 donors", "is not UTF-8 text", "no such file"
  std::string expected{};   // "at least 30", "a whole number of 1 or more"
  std::string next_step{};  // an instruction: "lower --min-donors"
};

/// "FILE, line N: MATRIX: cell C: gene G: KEY: SUBJECT: found; expected …; next step", without what is empty: one line
/// of UTF-8 without control characters, in which what comes from files takes at most 300 bytes.
std::string format(const Problem& problem);

/// Bad input: a file, an option or a value that the user can fix. The command line prints what(), one line, and exits
/// with 2.
class InputError : public std::runtime_error {
 public:
  explicit InputError(Problem problem);

  [[nodiscard]] const Problem& problem() const { return problem_; }

  /// The same error, with each field of `outer` that is given and that this error lacks. For a caller that knows more
  /// about the place (the file, the line of a recipe) than the code that found the problem.
  [[nodiscard]] InputError within(const Problem& outer) const;

 private:
  Problem problem_;
};

/// The user pressed Ctrl-C, closed the terminal, or the system sent SIGTERM. The command line exits with 128 and the
/// signal's number.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted; nothing was written") {}
  using std::runtime_error::runtime_error;
};

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace sctab::core

/// Checks for a bug in sctab, never for bad input. Active in every build.
#define SCTAB_ASSERT(expression) \
  (static_cast<bool>(expression) ? void(0) : ::sctab::core::assertion_failed(#expression, __FILE__, __LINE__))
