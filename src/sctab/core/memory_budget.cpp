#include "sctab/core/memory_budget.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <limits>
#include <utility>

#include "sctab/core/control_groups.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::core {
namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

std::atomic<std::int64_t> chosen{0};

std::int64_t memory_of_machine() {
  const std::int64_t pages = ::sysconf(_SC_PHYS_PAGES), page_bytes = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page_bytes > 0 ? pages * page_bytes : kNoLimit;
}

std::int64_t own_limit(__rlimit_resource resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || !std::in_range<std::int64_t>(limit.rlim_cur)) return kNoLimit;
  return static_cast<std::int64_t>(limit.rlim_cur);
}

}  // namespace

std::int64_t memory_limit(const std::filesystem::path& root, const std::filesystem::path& groups_of_process) {
  std::int64_t least = std::min({memory_of_machine(), own_limit(RLIMIT_AS), own_limit(RLIMIT_DATA)});
  for (const auto& group : control_groups(root, groups_of_process, "memory")) {
    for (const char* name : {"memory.max", "memory.limit_in_bytes"}) {  // of version 2, of version 1
      std::int64_t bytes = 0;                                           // "max" is none
      if (std::ifstream(group / name) >> bytes && bytes > 0) least = std::min(least, bytes);
    }
  }
  return least;
}

std::int64_t memory_budget() {
  static const std::int64_t half = memory_limit("/sys/fs/cgroup", "/proc/self/cgroup") / 2;
  const std::int64_t bytes = chosen.load();
  return bytes > 0 ? bytes : half;
}

void set_memory_budget(std::int64_t bytes) {
  chosen.store(bytes);
}

void require_memory(std::int64_t n, std::int64_t bytes_each, Problem place) {
  SCTAB_ASSERT(n >= 0 && bytes_each >= 0);
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(n, bytes_each, &bytes)) bytes = kNoLimit;
  const std::int64_t budget = memory_budget();
  if (bytes <= budget) return;
  place.found += fmt::format("{}{} of memory", place.found.empty() ? "takes " : ", which take ",
                             format_bytes(static_cast<double>(bytes)));
  place.expected = fmt::format("at most {}", format_bytes(static_cast<double>(budget)));
  if (place.next_step.empty()) place.next_step = "allow more with --memory, or check that the file is not damaged";
  throw InputError(std::move(place));
}

}  // namespace sctab::core
