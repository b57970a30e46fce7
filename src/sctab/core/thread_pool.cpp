#include "sctab/core/thread_pool.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <fstream>
#include <limits>
#include <system_error>

#include "sctab/core/control_groups.hpp"
#include "sctab/core/error.hpp"

namespace sctab::core {

ThreadPool::ThreadPool(int n_threads) {
  SCTAB_ASSERT(n_threads >= 1);
  workers_.reserve(static_cast<std::size_t>(n_threads));
  try {
    for (int i = 0; i < n_threads; ++i) workers_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    const std::size_t n_started = workers_.size();
    close();
    throw InputError({.subject = "--threads",
                      .found = fmt::format("only {} of {} threads could be started", n_started, n_threads),
                      .next_step = "give a smaller number, or raise the limits of ulimit -u and -v"});
  } catch (...) {  // no memory
    close();
    throw;
  }
}

ThreadPool::~ThreadPool() {
  close();
}

void ThreadPool::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void ThreadPool::enqueue(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void ThreadPool::work() {
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return closing_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

void ThreadPool::parallel_for(std::int64_t n, const std::function<void(std::int64_t)>& task) {
  std::atomic<std::int64_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex reporting;
  std::int64_t failed_task = n;
  std::exception_ptr error;
  const auto run = [&] {
    // Tasks begin in order and end once begun, so that the lowest that fails is the same for any number of threads.
    while (!failed) {
      const std::int64_t i = next++;
      if (i >= n) return;
      try {
        task(i);
      } catch (...) {
        failed = true;
        const std::lock_guard lock(reporting);
        if (i < failed_task) {
          failed_task = i;
          error = std::current_exception();
        }
      }
    }
  };
  std::vector<std::future<void>> runners;
  for (std::int64_t r = std::min<std::int64_t>(n, size()); r > 0; --r) runners.push_back(submit(run));
  for (auto& runner : runners) runner.get();
  if (error) std::rethrow_exception(error);
}

int default_threads() {
  static const int quota = processors_of_cgroup("/sys/fs/cgroup", "/proc/self/cgroup");
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const bool known = sched_getaffinity(0, sizeof(allowed), &allowed) == 0;
  const int processors = known ? CPU_COUNT(&allowed) : static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, std::min(processors, quota));
}

int processors_of_cgroup(const std::filesystem::path& root, const std::filesystem::path& groups_of_process) {
  int fewest = std::numeric_limits<int>::max();
  for (const auto& group : control_groups(root, groups_of_process, "cpu")) {
    double quota = 0, period = 0;  // microseconds; "max 100000" has no quota
    std::ifstream limit(group / "cpu.max");
    if (limit >> quota >> period && quota > 0 && period > 0) {
      fewest = std::min(fewest, static_cast<int>(std::clamp(std::ceil(quota / period), 1.0, 1e6)));
    }
  }
  return fewest;
}

}  // namespace sctab::core
