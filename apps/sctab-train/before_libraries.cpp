// What must be done before the constructors of the shared libraries run, of which libtorch's take half a second.
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "library_environment.hpp"

namespace {

/// OpenBLAS reserves 128 MiB for each processor while it is loaded, and where it cannot it asks again, for ever.
void require_address_space() {
  constexpr rlim_t kLibraries = 750'000'000, kEachProcessor = 135'000'000;
  constexpr std::string_view kMessage =
      "sctab: this command needs more memory than ulimit -v or -d allow; allow 1 GB, and 135 MB more for each "
      "processor\n";
  cpu_set_t processors;
  const auto n =
      static_cast<rlim_t>(::sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : 1);
  for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit limit{};
    const bool is_limited = ::getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    if (!is_limited || limit.rlim_cur >= kLibraries + kEachProcessor * n) continue;
    (void)!::write(STDERR_FILENO, kMessage.data(), kMessage.size());
    ::_exit(2);
  }
}

/// Starts the program again where its libraries lack a setting: it was started directly, not by sctab, and to set one
/// in main() would be too late. SCTAB_RESTART=0 turns it off, for debuggers.
void restart(char** argv, char** environment) {
  std::size_t n_given = 0;
  for (; environment[n_given] != nullptr; ++n_given) {
    if (std::strcmp(environment[n_given], "SCTAB_RESTART=0") == 0) return;
  }
  const std::vector<char*> extended = sctab::cli::with_library_settings(environment);
  if (extended.size() == n_given + 1) return;
  ::execve("/proc/self/exe", argv, extended.data());
  // Where /proc is not mounted the program runs on, only slower.
}

void before_libraries(int /*argc*/, char** argv, char** environment) {
  require_address_space();
  restart(argv, environment);
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const kBeforeAll)(int, char**, char**) = &before_libraries;

}  // namespace
