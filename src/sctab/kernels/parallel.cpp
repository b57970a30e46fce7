#include "sctab/kernels/parallel.hpp"

#include <exception>

// GCC's OpenMP is not built for the thread sanitizer: tell it here, in one place, what starting and joining order.
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define SCTAB_ACQUIRE(address) __tsan_acquire(address)
#define SCTAB_RELEASE(address) __tsan_release(address)
#else
#define SCTAB_ACQUIRE(address) static_cast<void>(address)
#define SCTAB_RELEASE(address) static_cast<void>(address)
#endif

namespace sctab::kernels {

__attribute__((no_sanitize("thread"))) void run_tasks(std::int64_t n, void (*call)(const void*, std::int64_t),
                                                      const void* context) {
  std::exception_ptr failure;
  [[maybe_unused]] char started = 0, ended = 0;
  SCTAB_RELEASE(&started);
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t i = 0; i < n; ++i) {
    SCTAB_ACQUIRE(&started);
    try {
      call(context, i);
    } catch (...) {
#pragma omp critical(sctab_kernels_failure)
      if (!failure) failure = std::current_exception();
    }
    SCTAB_RELEASE(&ended);
  }
  SCTAB_ACQUIRE(&ended);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace sctab::kernels
