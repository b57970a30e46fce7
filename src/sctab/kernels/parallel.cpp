#include "sctab/kernels/parallel.hpp"

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "sctab/core/thread_pool.hpp"

namespace sctab::kernels {
namespace {

/// A step of training has some hundred parallel regions. Waiting threads watch for the next one this many turns, 30 to
/// 90 microseconds by processor, before they sleep: to wake a thread for each region took a sixth of a step's time, and
/// threads that never sleep slow down every other program on the machine.
constexpr int kTurns = 2000;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

/// Waits until `value` is no longer `old`.
template <typename T>
void wait_while(const std::atomic<T>& value, T old) {
  for (int turn = 0; turn < kTurns; ++turn) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
}

/// One parallel region: whoever takes part runs the next task until none is left.
class Region {
 public:
  Region(std::int64_t n, void (*call)(const void*, std::int64_t), const void* context)
      : n_(n), call_(call), context_(context), failed_task_(n) {}

  void take_part() {
    // Tasks begin in order and end once begun, so that the lowest that fails is the same for any number of threads.
    while (!failed_.load(std::memory_order_relaxed)) {
      const std::int64_t i = next_.fetch_add(1, std::memory_order_relaxed);
      if (i >= n_) return;
      try {
        call_(context_, i);
      } catch (...) {
        failed_ = true;
        const std::lock_guard lock(reporting_);
        if (i >= failed_task_) continue;
        failed_task_ = i;
        error_ = std::current_exception();
      }
    }
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const std::int64_t n_;
  void (*const call_)(const void*, std::int64_t);
  const void* const context_;
  std::atomic<std::int64_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex reporting_;
  std::int64_t failed_task_;
  std::exception_ptr error_;
};

/// The calling thread and those that help it. A region waits for the helpers that joined it, not for those that were
/// asleep and came too late.
class Team {
 public:
  /// As many helpers as the system lets start.
  explicit Team(int n_helpers) {
    helpers_.reserve(static_cast<std::size_t>(n_helpers));
    try {
      for (int i = 0; i < n_helpers; ++i) helpers_.emplace_back([this] { help(); });
    } catch (const std::system_error&) {
    }
  }
  ~Team() {
    closing_ = true;
    ++round_;
    round_.notify_all();
    for (std::thread& helper : helpers_) helper.join();
  }
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  void run(Region& region) {
    {
      const std::lock_guard lock(joining_);
      open_ = &region;
    }
    ++round_;
    round_.notify_all();
    region.take_part();
    {
      const std::lock_guard lock(joining_);
      open_ = nullptr;
    }
    for (int n = n_joined_; n != 0; n = n_joined_) wait_while(n_joined_, n);
  }

 private:
  void help();

  std::mutex joining_;
  Region* open_ = nullptr;          // guarded by joining_
  std::atomic<int> n_joined_{0};    // helpers within a region
  std::atomic<unsigned> round_{0};  // counts the regions
  std::atomic<bool> closing_{false};
  std::vector<std::thread> helpers_;
};

thread_local bool is_within_region = false;

void Team::help() {
  is_within_region = true;
  for (unsigned seen = 0;;) {
    wait_while(round_, seen);
    seen = round_;
    if (closing_) return;
    Region* region = nullptr;
    {
      const std::lock_guard lock(joining_);
      region = open_;
      if (region != nullptr) ++n_joined_;
    }
    if (region == nullptr) continue;
    region->take_part();
    if (--n_joined_ == 0) n_joined_.notify_all();
  }
}

/// The team, made when it is first needed. Its threads end with the process: a static object's destructor would run
/// while other threads may still be at work.
struct TeamOfProcess {
  std::mutex in_use;
  std::atomic<int> size = core::default_threads();
  std::unique_ptr<Team> team;
};
TeamOfProcess& process() {
  static auto* const instance = new TeamOfProcess;
  return *instance;
}

}  // namespace

void set_threads(int threads) {
  TeamOfProcess& own = process();
  const std::lock_guard lock(own.in_use);
  own.size = threads > 0 ? threads : core::default_threads();
  own.team.reset();
}

int threads() {
  return process().size;
}

void run_tasks(std::int64_t n, void (*call)(const void*, std::int64_t), const void* context) {
  Region region(n, call, context);
  TeamOfProcess& own = process();
  std::unique_lock lock(own.in_use, std::defer_lock);
  if (n <= 1 || is_within_region || own.size == 1 || !lock.try_lock()) {
    region.take_part();
    return region.rethrow();
  }
  if (own.team == nullptr) own.team = std::make_unique<Team>(own.size - 1);
  is_within_region = true;
  own.team->run(region);
  is_within_region = false;
  lock.unlock();
  region.rethrow();
}

}  // namespace sctab::kernels
