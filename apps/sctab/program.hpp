#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sctab::cli {

// There are two programs with one command line: sctab, which needs no libtorch, and sctab-train, which has every
// command. Each defines these in a file of its own.

/// sctab: runs a command that only sctab-train has there, in place of this process. words: the command line without the
/// program. Throws InputError if sctab-train is not installed. sctab-train: does nothing.
void hand_over(const std::vector<std::string>& words, char** argv);

/// Names and versions of the libraries that sctab-train alone has, for `--version --verbose`.
std::vector<std::pair<std::string, std::string>> training_libraries();

}  // namespace sctab::cli
