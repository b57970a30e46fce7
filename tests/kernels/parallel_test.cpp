#include "sctab/kernels/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace sctab::kernels {
namespace {

TEST(ParallelFor, RunsEachTaskOnce) {
  std::vector<int> runs(1000, 0);
  parallel_for(1000, [&](std::int64_t i) { ++runs[static_cast<std::size_t>(i)]; });
  EXPECT_EQ(runs, std::vector<int>(1000, 1));
  parallel_for(0, [](std::int64_t) { FAIL(); });
}

TEST(ParallelFor, RunsWithinItself) {
  std::vector<int> runs(64, 0);
  parallel_for(8, [&](std::int64_t i) {
    parallel_for(8, [&](std::int64_t j) { ++runs[static_cast<std::size_t>(8 * i + j)]; });
  });
  EXPECT_EQ(runs, std::vector<int>(64, 1));
}

TEST(ParallelFor, ThrowsTheExceptionOfTheLowestTask) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (const int n_threads : {1, 2, 7}) {
    set_threads(n_threads);
    std::atomic<bool> has_later_failed{n_threads == 1};
    try {
      parallel_for(100, [&](std::int64_t i) {
        if (i < 57) return;
        if (i > 57) has_later_failed = true;
        while (!has_later_failed && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
        throw std::runtime_error(std::to_string(i));
      });
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "57") << n_threads << " threads";
    }
  }
  set_threads(0);
}

// As many tasks as threads, none of which ends before all have begun.
TEST(ParallelFor, UsesAsManyThreadsAsItIsTold) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (const int n_threads : {1, 2, 5}) {
    set_threads(n_threads);
    EXPECT_EQ(threads(), n_threads);
    std::atomic<int> n_begun{0};
    parallel_for(n_threads, [&](std::int64_t) {
      ++n_begun;
      while (n_begun < n_threads && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
      EXPECT_EQ(n_begun, n_threads);
    });
  }
  set_threads(0);
}

// Helpers come late, sleep, and find regions closed: results must be complete each time.
TEST(ParallelFor, IsCompleteAfterEveryOfManyRegions) {
  set_threads(4);
  for (int round = 0; round < 3000; ++round) {
    std::vector<int> runs(static_cast<std::size_t>(round % 9), 0);
    parallel_for(std::ssize(runs), [&](std::int64_t i) { ++runs[static_cast<std::size_t>(i)]; });
    ASSERT_EQ(runs, std::vector<int>(runs.size(), 1)) << round;
    if (round % 500 != 0) continue;
    for (int turn = 0; turn < 10'000; ++turn) std::this_thread::yield();  // until the helpers sleep
  }
  set_threads(0);
}

TEST(ParallelFor, RunsOnTheCallingThreadWhileAnotherUsesTheTeam) {
  set_threads(3);
  std::vector<std::thread> callers;
  std::atomic<int> sum{0};
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 200; ++round) parallel_for(10, [&](std::int64_t i) { sum += static_cast<int>(i); });
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum, 4 * 200 * 45);
  set_threads(0);
}

TEST(ParallelBlocks, CoverTheRange) {
  std::vector<int> covered(10, 0);
  parallel_blocks(10, 4, [&](std::int64_t first, std::int64_t last) {
    EXPECT_LE(last - first, 4);
    for (std::int64_t i = first; i < last; ++i) ++covered[static_cast<std::size_t>(i)];
  });
  EXPECT_EQ(covered, std::vector<int>(10, 1));
}

}  // namespace
}  // namespace sctab::kernels
