#include "library_environment.hpp"

#include <array>
#include <cstring>

namespace sctab::cli {
namespace {

/// OpenMP's waiting threads spin by default: where other programs use the machine too, training was 4 times slower than
/// on one thread. They sleep, but not at once: a step has some hundred parallel regions, and to wake a thread for each
/// took a sixth of its time. This many turns are about 30 microseconds.
char sleeping_threads[] = "OMP_WAIT_POLICY=passive";
char short_spin[] = "GOMP_SPINCOUNT=2000";
/// OpenBLAS 0.3.21 takes processors that it does not know for older ones without AVX-512: half the speed on AMD's
/// Zen 5.
char wide_vectors[] = "OPENBLAS_CORETYPE=SkylakeX";

bool sets_same_variable(const char* entry, const char* other) {
  const std::size_t name = static_cast<std::size_t>(std::strchr(other, '=') - other) + 1;
  return std::strncmp(entry, other, name) == 0;
}

bool has_skylake_vectors() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

}  // namespace

std::vector<char*> with_library_settings(char** environment) {
  std::vector<char*> extended;
  for (char** entry = environment; *entry != nullptr; ++entry) extended.push_back(*entry);
  for (char* wanted : std::array{sleeping_threads, short_spin, has_skylake_vectors() ? wide_vectors : short_spin}) {
    bool is_set = false;
    for (const char* entry : extended) is_set = is_set || sets_same_variable(entry, wanted);
    if (!is_set) extended.push_back(wanted);
  }
  extended.push_back(nullptr);
  return extended;
}

}  // namespace sctab::cli
