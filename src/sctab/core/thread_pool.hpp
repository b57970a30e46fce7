#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace sctab::core {

/// A fixed number of workers. Tasks are run in the order given; an exception reaches whoever asks for the result.
/// Destruction finishes the tasks already given.
class ThreadPool {
 public:
  /// n_threads >= 1. Throws InputError where the system does not let that many start.
  explicit ThreadPool(int n_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int size() const { return static_cast<int>(workers_.size()); }

  template <typename F>
  std::future<std::invoke_result_t<F>> submit(F task) {
    auto packaged = std::make_shared<std::packaged_task<std::invoke_result_t<F>()>>(std::move(task));
    auto result = packaged->get_future();
    enqueue([packaged] { (*packaged)(); });
    return result;
  }

  /// Runs task(i) for i in [0, n) on the workers and waits. If tasks throw, no more are begun, and the exception of the
  /// lowest i is thrown again here once all that had begun have ended: the same one for any number of threads. Not to
  /// be called from a worker of the same pool.
  void parallel_for(std::int64_t n, const std::function<void(std::int64_t)>& task);

 private:
  void enqueue(std::function<void()> task);
  void work();
  void close();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool closing_ = false;
  std::vector<std::thread> workers_;
};

/// The most threads that an option may ask for: more than machines have processors.
inline constexpr int kMostThreads = 4096;

/// The number of threads that `--threads 0` means: the processors this process may run on, and no more than a
/// container's quota of processor time keeps busy.
int default_threads();

/// The processors that the quotas of a process's control group and of those above it keep busy (cpu.max of version 2),
/// rounded up; the largest int where there is none. root and groups_of_process: as for control_groups().
int processors_of_cgroup(const std::filesystem::path& root, const std::filesystem::path& groups_of_process);

}  // namespace sctab::core
