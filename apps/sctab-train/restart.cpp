#include <unistd.h>

#include <cstring>
#include <vector>

#include "library_environment.hpp"

namespace {

/// Starts the program again where its libraries lack a setting: it was started directly, not by sctab, and to set one
/// in main() would be too late. SCTAB_RESTART=0 turns it off, for debuggers.
void restart(int /*argc*/, char** argv, char** environment) {
  std::size_t n_given = 0;
  for (; environment[n_given] != nullptr; ++n_given) {
    if (std::strcmp(environment[n_given], "SCTAB_RESTART=0") == 0) return;
  }
  const std::vector<char*> extended = sctab::cli::with_library_settings(environment);
  if (extended.size() == n_given + 1) return;
  ::execve("/proc/self/exe", argv, extended.data());
  // Where /proc is not mounted the program runs on, only slower.
}

// Runs before the constructors of the shared libraries, of which libtorch's take half a second.
[[gnu::section(".preinit_array"), gnu::used]] void (*const kBeforeAll)(int, char**, char**) = &restart;

}  // namespace
