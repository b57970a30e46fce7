#include "sctab/core/thread_pool.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/fixtures.hpp"

namespace sctab::core {
namespace {

TEST(ThreadPool, RunsEveryIndexOnce) {
  for (const int threads : {1, 2, 7}) {
    ThreadPool pool(threads);
    for (const std::int64_t n : {0, 1, 3, 1000}) {
      std::vector<std::atomic<int>> hits(static_cast<std::size_t>(n));
      pool.parallel_for(n, [&](std::int64_t i) { ++hits[static_cast<std::size_t>(i)]; });
      for (const auto& hit : hits) EXPECT_EQ(hit, 1);
    }
  }
}

TEST(ThreadPool, HandsExceptionsToTheCaller) {
  ThreadPool pool(3);
  EXPECT_THROW(pool.parallel_for(100,
                                 [](std::int64_t i) {
                                   if (i == 42) throw std::runtime_error("42");
                                 }),
               std::runtime_error);
  auto result = pool.submit([]() -> int { throw std::runtime_error("task"); });
  EXPECT_THROW(result.get(), std::runtime_error);
  EXPECT_EQ(pool.submit([] { return 5; }).get(), 5);
}

TEST(ThreadPool, ThrowsTheExceptionOfTheLowestIndexForAnyThreads) {
  for (const int threads : {1, 2, 7}) {
    ThreadPool pool(threads);
    std::atomic<bool> has_later_failed{threads == 1};
    try {
      pool.parallel_for(20, [&](std::int64_t i) {
        if (i < 3) return;
        if (i > 3) has_later_failed = true;
        while (!has_later_failed) std::this_thread::yield();
        throw std::runtime_error(std::to_string(i));
      });
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "3") << threads << " threads";
    }
  }
}

TEST(ThreadPool, FinishesItsTasksWhenItEnds) {
  std::atomic<int> done{0};
  {
    ThreadPool pool(2);
    for (int i = 0; i < 50; ++i) pool.submit([&] { ++done; });
  }
  EXPECT_EQ(done, 50);
}

/// Lets the calling thread run on these processors only, until the end.
class Affinity {
 public:
  explicit Affinity(const cpu_set_t& allowed) {
    CPU_ZERO(&before_);
    EXPECT_EQ(sched_getaffinity(0, sizeof(before_), &before_), 0);
    EXPECT_EQ(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
  }
  ~Affinity() { sched_setaffinity(0, sizeof(before_), &before_); }
  Affinity(const Affinity&) = delete;
  Affinity& operator=(const Affinity&) = delete;

 private:
  cpu_set_t before_;
};

TEST(DefaultThreads, CountsTheProcessorsThatTheProcessMayUse) {
  cpu_set_t all, one;
  CPU_ZERO(&all);
  CPU_ZERO(&one);
  ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
  EXPECT_EQ(default_threads(), CPU_COUNT(&all));
  int processor = 0;
  while (!CPU_ISSET(processor, &all)) ++processor;
  CPU_SET(processor, &one);
  const Affinity only_one(one);
  EXPECT_EQ(default_threads(), 1);
}

TEST(ProcessorsOfCgroup, AreTheLeastOfTheGroupsAbove) {
  const tests::TemporaryFolder folder;
  const auto write = [&](const std::filesystem::path& name, const char* text) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << text;
  };
  const auto processors = [&] { return processors_of_cgroup(folder.path(), folder / "groups"); };
  constexpr int kNoLimit = std::numeric_limits<int>::max();
  EXPECT_EQ(processors(), kNoLimit) << "no such file";
  write("groups", "1:cpu:/\n0::/a/b\n");
  EXPECT_EQ(processors(), kNoLimit);
  write("a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(processors(), kNoLimit);
  write("a/cpu.max", "250000 100000\n");
  EXPECT_EQ(processors(), 3);
  write("a/b/cpu.max", "10000 100000\n");
  EXPECT_EQ(processors(), 1);
  write("a/b/cpu.max", "damaged");
  EXPECT_EQ(processors(), 3);
  write("groups", "0::/\n");
  EXPECT_EQ(processors(), kNoLimit);
  write("cpu.max", "400000 100000");
  EXPECT_EQ(processors(), 4);
}

}  // namespace
}  // namespace sctab::core
