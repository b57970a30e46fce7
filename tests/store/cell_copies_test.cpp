
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "sctab/store/epoch_plan.hpp"
#include "store/planned_rows.hpp"

namespace sctab::store {
namespace {

using tests::rows_of;

const std::vector<double> kRates = {0, 0.3, 1, 2.5};
constexpr CellIndex kBlock = 64;

std::vector<std::int32_t> types_in_turn(CellIndex n_cells) {
  std::vector<std::int32_t> types;
  for (CellIndex cell = 0; cell < n_cells; ++cell) types.push_back(static_cast<std::int32_t>(cell % 4));
  return types;
}

LoaderOptions copying_options(CellIndex batch_size, std::vector<double> rates = kRates) {
  LoaderOptions options;
  options.batch_size = batch_size;
  options.rows_per_block = kBlock;
  options.blocks_per_window = 8;
  options.copies_per_type = std::move(rates);
  return options;
}

std::vector<std::int32_t> copies_of(const CellCopies& copies, CellIndex n_cells) {
  std::vector<std::int32_t> all;
  for (CellIndex block = 0; block * kBlock < n_cells; ++block) {
    const auto part = copies.of_block(block);
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

TEST(CellCopies, AreTheRateInTheMeanAndAsEvenAsWholeNumbersCanBe) {
  const auto types = types_in_turn(100'001);
  const auto copies = copies_of({kRates, types, core::Rng(1), kBlock}, 100'001);
  ASSERT_EQ(copies.size(), types.size());
  std::vector<double> sum(4, 0), n(4, 0);
  for (std::size_t cell = 0; cell < copies.size(); ++cell) {
    const auto type = static_cast<std::size_t>(types[cell]);
    EXPECT_TRUE(copies[cell] == std::floor(kRates[type]) || copies[cell] == std::ceil(kRates[type]));
    sum[type] += copies[cell];
    ++n[type];
  }
  for (std::size_t type = 0; type < 4; ++type) {
    EXPECT_NEAR(sum[type] / n[type], kRates[type], 5 * 0.5 / std::sqrt(n[type])) << type;  // five standard errors
  }
}

TEST(CellCopies, AreAFunctionOfTheEpochsStreamAndTheCell) {
  const auto types = types_in_turn(1000);
  const CellCopies one(kRates, types, core::Rng(1), kBlock), other(kRates, types, core::Rng(2), kBlock);
  EXPECT_EQ(one.of_block(3), one.of_block(3));
  EXPECT_NE(copies_of(one, 1000), copies_of(other, 1000));
  // More cells behind them change nothing.
  const auto more = types_in_turn(5000);
  EXPECT_EQ(CellCopies(kRates, more, core::Rng(1), kBlock).of_block(3), one.of_block(3));
  EXPECT_TRUE(CellCopies({}, {}, core::Rng(1), kBlock).once());
}

TEST(EpochPlanWithCopies, ShowsEachCellAsOftenAsItsCopiesOverAllRanks) {
  for (const CellIndex n_cells : {65, 1000, 9999}) {
    const auto types = types_in_turn(n_cells);
    const core::Rng epoch = core::Rng(1).child("epoch", 3);
    const auto wanted = copies_of({kRates, types, epoch, kBlock}, n_cells);
    for (const int world_size : {1, 2, 7}) {
      std::vector<std::int32_t> shown(static_cast<std::size_t>(n_cells), 0);
      std::set<std::int64_t> batch_counts;
      std::set<CellIndex> batch_sizes;
      for (int rank = 0; rank < world_size; ++rank) {
        LoaderOptions options = copying_options(10);
        options.rank = rank;
        options.world_size = world_size;
        const EpochPlan plan(n_cells, options, 3, types);
        for (const CellIndex row : rows_of(plan)) ++shown.at(static_cast<std::size_t>(row));
        batch_counts.insert(plan.n_batches());
        for (std::int64_t b = 0; b < plan.n_batches(); ++b) {
          batch_sizes.insert(plan.batch_begin(b + 1) - plan.batch_begin(b));
        }
      }
      EXPECT_EQ(shown, wanted) << n_cells << " cells, " << world_size << " ranks";
      EXPECT_EQ(batch_counts.size(), 1U);
      EXPECT_LE(*batch_sizes.rbegin() - *batch_sizes.begin(), 1);
      EXPECT_LE(*batch_sizes.rbegin(), 10);
    }
  }
}

TEST(EpochPlanWithCopies, EpochsDifferAndAreOfTheRatesLengthInTheMean) {
  const CellIndex n_cells = 2000;
  const auto types = types_in_turn(n_cells);
  double sum = 0;
  const int n_epochs = 200;
  for (int epoch = 0; epoch < n_epochs; ++epoch) {
    const EpochPlan plan(n_cells, copying_options(100), epoch, types);
    sum += static_cast<double>(plan.batch_begin(plan.n_batches()));
  }
  // Types of 500 cells at 0.3, 1 and 2.5: the variance is 500 · (0.21 + 0.25) an epoch.
  EXPECT_NEAR(sum / n_epochs, 500 * 3.8, 5 * std::sqrt(500 * 0.46 / n_epochs));
  EXPECT_NE(rows_of(EpochPlan(n_cells, copying_options(100), 0, types)),
            rows_of(EpochPlan(n_cells, copying_options(100), 1, types)));
}

TEST(EpochPlanWithCopies, RatesOfOneAreNoRates) {
  const auto types = types_in_turn(5000);
  for (const CellIndex batch_size : {1, 100, 3000}) {
    const EpochPlan ones(5000, copying_options(batch_size, {1, 1, 1, 1}), 2, types);
    EXPECT_EQ(rows_of(ones), rows_of(EpochPlan(5000, copying_options(batch_size, {}), 2)));
  }
}

TEST(EpochPlanWithCopies, ABatchSpansTwoWindowsAtMostHoweverFewCellsOfABlockAreShown) {
  std::vector<std::int32_t> types(20'000, 0);
  for (std::size_t cell = 0; cell < types.size(); cell += 500) types[cell] = 1;
  for (const CellIndex batch_size : {2, 100, 1000}) {
    const EpochPlan plan(20'000, copying_options(batch_size, {0.02, 9}), 0, types);
    ASSERT_GT(plan.n_batches(), 0);
    for (std::int64_t b = 0; b < plan.n_batches(); ++b) {
      EXPECT_LE(plan.window_of(plan.batch_begin(b + 1) - 1) - plan.window_of(plan.batch_begin(b)), 1);
    }
  }
}

TEST(EpochPlanWithCopies, BlocksOfWhichNothingIsShownAreNotRead) {
  std::vector<std::int32_t> types(10 * kBlock, 0);
  std::fill_n(types.begin() + 4 * kBlock, kBlock, 1);
  const EpochPlan plan(std::ssize(types), copying_options(16, {0, 2}), 0, types);
  ASSERT_EQ(plan.blocks().size(), 1U);
  EXPECT_EQ(plan.blocks().front().begin, 4 * kBlock);
  EXPECT_EQ(plan.batch_begin(plan.n_batches()), 2 * kBlock);
  const EpochPlan none(std::ssize(types), copying_options(16, {0, 0}), 0, types);
  EXPECT_EQ(none.n_batches(), 0);
  EXPECT_EQ(none.n_windows(), 0);
}

}  // namespace
}  // namespace sctab::store
