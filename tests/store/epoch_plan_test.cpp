#include "sctab/store/epoch_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "store/planned_rows.hpp"

namespace sctab::store {
namespace {

using tests::rows_of;

LoaderOptions rank_options(CellIndex batch_size, int rank = 0, int world_size = 1) {
  LoaderOptions options;
  options.batch_size = batch_size;
  options.rank = rank;
  options.world_size = world_size;
  options.rows_per_block = 64;
  options.blocks_per_window = 8;
  return options;
}

std::vector<CellIndex> iota(CellIndex n) {
  std::vector<CellIndex> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), CellIndex{0});
  return all;
}

TEST(EpochPlan, EveryCellOnceOverAllRanksAndEqualBatches) {
  for (const CellIndex n_cells : {7, 64, 65, 1000, 4096, 99'999}) {
    for (const int world_size : {1, 2, 3, 7}) {
      std::vector<CellIndex> all;
      std::set<std::int64_t> batch_counts;
      std::set<CellIndex> batch_sizes;
      for (int rank = 0; rank < world_size; ++rank) {
        const EpochPlan plan(n_cells, rank_options(100, rank, world_size), 3);
        const auto rows = rows_of(plan);
        all.insert(all.end(), rows.begin(), rows.end());
        batch_counts.insert(plan.n_batches());
        for (std::int64_t b = 0; b < plan.n_batches(); ++b) {
          batch_sizes.insert(plan.batch_begin(b + 1) - plan.batch_begin(b));
        }
      }
      std::sort(all.begin(), all.end());
      EXPECT_EQ(all, iota(n_cells)) << n_cells << " cells, " << world_size << " ranks";
      EXPECT_EQ(batch_counts.size(), 1U);
      EXPECT_LE(*batch_sizes.rbegin() - *batch_sizes.begin(), 1);
      EXPECT_LE(*batch_sizes.rbegin(), 100);
      EXPECT_GE(*batch_sizes.begin(), 1);
    }
  }
}

TEST(EpochPlan, NoRankGetsAnEmptyBatch) {
  // Batches of one cell on several ranks: ceil(7 / 2) = 4 batches on each of 2 ranks would leave one empty.
  for (const CellIndex n_cells : {1, 2, 3, 7, 8, 9, 100, 101}) {
    for (const int world_size : {1, 2, 3, 7}) {
      if (n_cells < world_size) continue;
      std::vector<CellIndex> all;
      for (int rank = 0; rank < world_size; ++rank) {
        const EpochPlan plan(n_cells, rank_options(1, rank, world_size), 0);
        EXPECT_EQ(plan.n_batches(), n_cells / world_size);
        for (std::int64_t b = 0; b < plan.n_batches(); ++b) {
          const CellIndex size = plan.batch_begin(b + 1) - plan.batch_begin(b);
          EXPECT_TRUE(size == 1 || (size == 2 && n_cells % world_size != 0)) << size << " cells in a batch";
        }
        const auto rows = rows_of(plan);
        all.insert(all.end(), rows.begin(), rows.end());
      }
      std::sort(all.begin(), all.end());
      EXPECT_EQ(all, iota(n_cells));
    }
  }
  EXPECT_EQ(batches_per_epoch(7, rank_options(2, 0, 2)), 2);
  EXPECT_EQ(batches_per_epoch(2, rank_options(1, 0, 3)), 0);
}

TEST(EpochPlan, BatchOfFindsTheBatch) {
  for (const CellIndex batch_size : {1, 3, 100, 6000}) {
    const EpochPlan plan(5000, rank_options(batch_size, 1, 3), 0);
    for (std::int64_t b = 0; b < plan.n_batches(); ++b) {
      EXPECT_EQ(plan.batch_of(plan.batch_begin(b)), b);
      EXPECT_EQ(plan.batch_of(plan.batch_begin(b + 1) - 1), b);
    }
  }
}

TEST(EpochPlan, IsAFunctionOfSeedEpochRankAndWorldSize) {
  const auto rows = [](std::uint64_t seed, std::int64_t epoch, int rank, int world_size) {
    LoaderOptions options = rank_options(100, rank, world_size);
    options.seed = seed;
    return rows_of(EpochPlan(5000, options, epoch));
  };
  EXPECT_EQ(rows(1, 2, 1, 2), rows(1, 2, 1, 2));
  EXPECT_NE(rows(1, 2, 1, 2), rows(2, 2, 1, 2));
  EXPECT_NE(rows(1, 2, 1, 2), rows(1, 3, 1, 2));
  EXPECT_NE(rows(1, 2, 1, 2), rows(1, 2, 0, 2));
}

TEST(EpochPlan, WithoutShuffleRowsAscend) {
  LoaderOptions options = rank_options(100);
  options.shuffle = false;
  EXPECT_EQ(rows_of(EpochPlan(1234, options, 5)), iota(1234));
}

TEST(EpochPlan, ShufflesFarAndEvenly) {
  // A cell lands anywhere: the mean of |row - position| of a uniform permutation of n is n / 3; the standard error over
  // 100,000 cells in 1,563 blocks is under 1% of n.
  const CellIndex n_cells = 100'000;
  const auto rows = rows_of(EpochPlan(n_cells, rank_options(2048), 0));
  double distance = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    distance += std::abs(static_cast<double>(rows[i]) - static_cast<double>(i));
  }
  EXPECT_NEAR(distance / static_cast<double>(n_cells * n_cells), 1.0 / 3, 0.02);
}

TEST(EpochPlan, EdgesOfSize) {
  const EpochPlan empty(0, rank_options(100), 0);
  EXPECT_EQ(empty.n_batches(), 0);
  EXPECT_EQ(empty.n_windows(), 0);
  EXPECT_EQ(empty.batch_begin(0), 0);
  const EpochPlan one(1, rank_options(100), 0);
  EXPECT_EQ(one.n_batches(), 1);
  EXPECT_EQ(rows_of(one), iota(1));
}

TEST(EpochPlan, WindowOfFindsTheWindow) {
  const EpochPlan plan(5000, rank_options(100, 1, 3), 0);
  for (std::int64_t w = 0; w < plan.n_windows(); ++w) {
    EXPECT_EQ(plan.window_of(plan.window_begin(w)), w);
    EXPECT_EQ(plan.window_of(plan.window_begin(w + 1) - 1), w);
  }
}

TEST(EpochPlan, CensusSizedSplitsDoNotOverflow) {
  LoaderOptions options;
  options.rank = 63;
  options.world_size = 64;
  const CellIndex n_cells = 3'000'000'000;
  options.rows_per_block = 1 << 20;
  const EpochPlan plan(n_cells, options, 0);
  EXPECT_EQ(plan.n_batches(), (n_cells + 64 * 2048 - 1) / (64 * 2048));
  const CellIndex cells = plan.batch_begin(plan.n_batches());
  EXPECT_NEAR(static_cast<double>(cells), static_cast<double>(n_cells) / 64, 1.0);
  EXPECT_EQ(plan.batch_of(cells - 1), plan.n_batches() - 1);
}

}  // namespace
}  // namespace sctab::store
