#pragma once

#include <vector>

namespace sctab::cli {

/// `environment` and what the libraries of sctab-train should know, with a null pointer at the end; a variable that the
/// user has set stays. They read it while they are loaded, so the program must be started with it.
std::vector<char*> with_library_settings(char** environment);

}  // namespace sctab::cli
