#include "sctab/evaluate/uncertainty.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "evaluate/uncertainty_reference.hpp"
#include "sctab/core/rng.hpp"

namespace sctab::evaluate {
namespace {

using Scores = std::vector<double>;
using Flags = std::vector<std::uint8_t>;

TEST(RocAuc, CountsThePairsWon) {
  EXPECT_EQ(roc_auc(Scores{1, 2, 3, 4}, Flags{0, 0, 1, 1}), 1);
  EXPECT_EQ(roc_auc(Scores{1, 2, 3, 4}, Flags{1, 1, 0, 0}), 0);
  EXPECT_EQ(roc_auc(Scores{1, 2, 3, 4}, Flags{0, 1, 0, 1}), 0.75);
  EXPECT_EQ(roc_auc(Scores{4, 1, 3, 2}, Flags{1, 0, 0, 1}), 0.75) << "in any order";
}

TEST(RocAuc, ATieCountsHalf) {
  EXPECT_EQ(roc_auc(Scores{5, 5, 5}, Flags{0, 1, 0}), 0.5);
  EXPECT_EQ(roc_auc(Scores{1, 2, 2, 3}, Flags{0, 0, 1, 1}), 3.5 / 4);
  EXPECT_EQ(roc_auc(Scores{0.0, -0.0}, Flags{1, 0}), 0.5);
}

TEST(RocAuc, TakesInfinities) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(roc_auc(Scores{-infinity, 0, infinity}, Flags{0, 1, 1}), 1);
}

TEST(RocAuc, IsNaNWhereThereIsNothingToCompare) {
  EXPECT_TRUE(std::isnan(roc_auc(Scores{}, Flags{})));
  EXPECT_TRUE(std::isnan(roc_auc(Scores{1, 2}, Flags{1, 1})));
  EXPECT_TRUE(std::isnan(roc_auc(Scores{1, 2}, Flags{0, 0})));
  EXPECT_TRUE(std::isnan(roc_auc(Scores{1, std::nan(""), 3}, Flags{0, 1, 1}))) << "a score that is not a number";
}

TEST(RocAuc, RefusesScoresAndFlagsOfDifferentNumbers) {
  EXPECT_THROW((void)roc_auc(Scores{1, 2}, Flags{1}), std::logic_error);
}

TEST(RocAuc, EqualsTheDefinitionWithAndWithoutTies) {
  core::Rng rng(1);
  for (const std::uint64_t n_values : {2ULL, 5ULL, 1'000'000ULL}) {
    for (const std::size_t n : {2U, 3U, 17U, 300U}) {
      Scores scores;
      Flags positive;
      for (std::size_t i = 0; i < n; ++i) {
        positive.push_back(i == 0 || (i > 1 && rng.below(3) == 0) ? 1 : 0);  // one of each at least
        scores.push_back(static_cast<double>(rng.below(n_values)) + positive.back());
      }
      // Both are sums of halves, exact below 2^53, and one division.
      EXPECT_EQ(roc_auc(scores, positive), tests::roc_auc_reference(scores, positive)) << n_values << " " << n;
    }
  }
}

}  // namespace
}  // namespace sctab::evaluate
