#include "sctab/kernels/parallel.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
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

TEST(ParallelFor, ThrowsWhatATaskThrows) {
  EXPECT_THROW(parallel_for(100,
                            [](std::int64_t i) {
                              if (i == 57) throw std::runtime_error("57");
                            }),
               std::runtime_error);
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
