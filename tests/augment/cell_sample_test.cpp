#include "sctab/augment/cell_sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace sctab::augment {
namespace {

/// Draws one after another, as the definition has it.
std::vector<CellIndex> draw_slowly(const std::vector<TypeIndex>& types, std::int64_t n, core::Rng& rng) {
  std::map<TypeIndex, double> cells_of_type;
  for (const TypeIndex type : types) ++cells_of_type[type];
  std::vector<double> weights;
  for (const TypeIndex type : types) weights.push_back(1 / cells_of_type[type]);
  std::vector<CellIndex> drawn;
  for (std::int64_t i = 0; i < n; ++i) {
    double left = rng.uniform() * std::accumulate(weights.begin(), weights.end(), 0.0);
    std::size_t cell = 0;
    while (cell + 1 < weights.size() && (left >= weights[cell] || weights[cell] == 0)) left -= weights[cell++];
    weights[cell] = 0;
    drawn.push_back(static_cast<CellIndex>(cell));
  }
  return drawn;
}

TEST(CellSample, DrawsAsOneAfterAnotherDoes) {
  std::vector<TypeIndex> types(12, 0);
  types[3] = types[7] = types[8] = 1;
  types[10] = 2;
  constexpr int kTimes = 20'000;
  std::vector<double> quick(types.size(), 0.0), slow(types.size(), 0.0);
  core::Rng rng(5);
  for (std::uint64_t i = 0; i < kTimes; ++i) {
    for (const CellIndex cell : sample_evenly(types, 4, core::Rng(1).child("time", i))) {
      quick[static_cast<std::size_t>(cell)] += 1.0 / kTimes;
    }
    for (const CellIndex cell : draw_slowly(types, 4, rng)) slow[static_cast<std::size_t>(cell)] += 1.0 / kTimes;
  }
  // Five standard errors of the difference of two such shares.
  for (std::size_t cell = 0; cell < types.size(); ++cell) {
    const double tolerance = 5 * std::sqrt(2 * slow[cell] * (1 - slow[cell]) / kTimes);
    EXPECT_TRUE(std::abs(quick[cell] - slow[cell]) <= tolerance) << cell << ": " << quick[cell] << " " << slow[cell];
  }
}

TEST(CellSample, IsEvenOverTypesWhereThereAreCells) {
  std::vector<TypeIndex> types;
  for (int i = 0; i < 30'000; ++i) types.push_back(i % 100 == 0 ? 1 : i % 3 == 0 ? 2 : 0);
  const std::vector<CellIndex> cells = sample_evenly(types, 300, core::Rng(2));
  ASSERT_EQ(cells.size(), 300U);
  EXPECT_TRUE(std::ranges::is_sorted(cells));
  EXPECT_EQ(std::set<CellIndex>(cells.begin(), cells.end()).size(), 300U);
  std::map<TypeIndex, int> drawn;
  for (const CellIndex cell : cells) ++drawn[types[static_cast<std::size_t>(cell)]];
  for (const auto& [type, n] : drawn) EXPECT_TRUE(n >= 60 && n <= 140) << type << ": " << n;
}

TEST(CellSample, LeavesOutCellsWithoutATypeAndTakesAllThereAre) {
  const std::vector<TypeIndex> types = {0, -1, 1, -1, 0};
  EXPECT_EQ(sample_evenly(types, 100, core::Rng(1)), (std::vector<CellIndex>{0, 2, 4}));
  EXPECT_TRUE(sample_evenly(types, 0, core::Rng(1)).empty());
  EXPECT_TRUE(sample_evenly({}, 5, core::Rng(1)).empty());
}

}  // namespace
}  // namespace sctab::augment
