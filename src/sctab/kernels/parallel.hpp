#pragma once

#include <cstdint>

namespace sctab::kernels {

/// Calls call(context, i) for i in [0, n) on OpenMP's threads, each i once, in any order, and waits.
void run_tasks(std::int64_t n, void (*call)(const void* context, std::int64_t i), const void* context);

/// Runs task(i) for i in [0, n) on OpenMP's threads, the pool that OpenBLAS and libtorch use too, and waits. The first
/// exception is thrown again here. Within another parallel_for it runs on the calling thread. Results must not depend
/// on the number of threads: split work by its size, never by omp_get_num_threads(), and call BLAS within tasks alone
/// (also if there is one), where it keeps to one thread.
template <typename Task>
void parallel_for(std::int64_t n, const Task& task) {
  run_tasks(
      n, [](const void* context, std::int64_t i) { (*static_cast<const Task*>(context))(i); }, &task);
}

/// Runs task(first, last) for parts of [0, n) of `size` items each, the last one shorter.
template <typename Task>
void parallel_blocks(std::int64_t n, std::int64_t size, const Task& task) {
  parallel_for((n + size - 1) / size, [&](std::int64_t block) {
    const std::int64_t first = block * size;
    task(first, first + size < n ? first + size : n);
  });
}

}  // namespace sctab::kernels
