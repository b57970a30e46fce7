#include "sctab/store/spool.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace sctab::store {
namespace {

TEST(Scatter, FillsEveryShardExactly) {
  Scatter scatter(1000, 300, core::Rng(1));
  EXPECT_EQ(scatter.capacities(), (std::vector<core::CellIndex>{300, 300, 300, 100}));
  std::vector<core::CellIndex> filled(4);
  while (scatter.places_left() > 0) ++filled[scatter.next()];
  EXPECT_EQ(filled, scatter.capacities());
  EXPECT_THROW(scatter.next(), std::logic_error);
}

TEST(Scatter, NoCellsNoShards) {
  EXPECT_TRUE(Scatter(0, 10, core::Rng(1)).capacities().empty());
}

TEST(Scatter, EveryFillingIsEquallyLikely) {
  // 4 cells in shards of 2: six ways. Chi-square with 5 degrees of freedom is above 20.5 once in a thousand.
  std::map<std::vector<std::size_t>, int> seen;
  constexpr int kDraws = 60'000;
  for (int i = 0; i < kDraws; ++i) {
    Scatter scatter(4, 2, core::Rng(7).child("test", static_cast<std::uint64_t>(i)));
    ++seen[{scatter.next(), scatter.next(), scatter.next(), scatter.next()}];
  }
  ASSERT_EQ(seen.size(), 6U);
  double chi_square = 0;
  for (const auto& [filling, count] : seen) chi_square += std::pow(count - kDraws / 6.0, 2) / (kDraws / 6.0);
  EXPECT_LT(chi_square, 20.5);
}

}  // namespace
}  // namespace sctab::store
