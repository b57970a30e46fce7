#pragma once

#include <cstdint>

namespace sctab::kernels {

/// The threads that share the work of kernels, the calling one among them; 0: one per processor, as at the start. Not
/// to be called while kernels run.
void set_threads(int threads);
int threads();

/// Calls call(context, i) for i in [0, n) on the kernels' threads, each i once, in any order, and waits.
void run_tasks(std::int64_t n, void (*call)(const void* context, std::int64_t i), const void* context);

/// Runs task(i) for i in [0, n) on the kernels' threads and waits. If tasks throw, no more are begun, and the exception
/// of the lowest i is thrown again here. Within another parallel_for, and while another thread is in one, it runs on
/// the calling thread. Results must not depend on the number of threads: split work by its size, not by threads(),
/// which may size memory.
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
