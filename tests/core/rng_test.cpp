#include "sctab/core/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace sctab::core {
namespace {

// Mean and variance of n draws.
template <typename Draw>
std::pair<double, double> moments(int n, Draw draw) {
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < n; ++i) {
    const auto x = static_cast<double>(draw());
    sum += x;
    squares += x * x;
  }
  return {sum / n, squares / n - sum / n * sum / n};
}

TEST(Rng, IsTheSameEverywhere) {
  // xoshiro256++ with splitmix64 seeding: pinned, so that stores and splits can be rebuilt years later.
  Rng rng(1);
  const std::uint64_t first = rng();
  Rng again(1);
  EXPECT_EQ(again(), first);
  EXPECT_EQ(first, 14971601782005023387ULL);
}

TEST(Rng, ChildrenDependOnTheSeedAloneAndDiffer) {
  Rng rng(7);
  const std::uint64_t before = rng.child("shuffle", 3)();
  (void)rng();
  EXPECT_EQ(rng.child("shuffle", 3)(), before);
  EXPECT_NE(rng.child("shuffle", 4)(), before);
  EXPECT_NE(rng.child("split", 3)(), before);
  EXPECT_NE(Rng(8).child("shuffle", 3)(), before);
}

TEST(Rng, BelowIsUniform) {
  Rng rng(2);
  std::vector<int> hits(7, 0);
  for (int i = 0; i < 70'000; ++i) ++hits.at(rng.below(7));
  for (const int hit : hits) EXPECT_NEAR(hit, 10'000, 5 * std::sqrt(10'000.0));
}

TEST(Rng, ShuffleGivesEveryOrderEquallyOften) {
  Rng rng(3);
  std::vector<int> hits(27, 0);
  for (int i = 0; i < 60'000; ++i) {
    std::vector<int> order = {0, 1, 2};
    rng.shuffle(std::span(order));
    ++hits.at(static_cast<std::size_t>(order[0] * 9 + order[1] * 3 + order[2]));
  }
  EXPECT_EQ(std::count(hits.begin(), hits.end(), 0), 21);
  for (const int hit : hits) {
    if (hit > 0) {
      EXPECT_NEAR(hit, 10'000, 5 * 100);
    }
  }
}

// Five standard errors of the mean; the variance within 5%.
constexpr int kDraws = 200'000;

TEST(Rng, NormalMoments) {
  Rng rng(4);
  const auto [mean, variance] = moments(kDraws, [&] { return rng.normal(); });
  EXPECT_NEAR(mean, 0, 5 / std::sqrt(kDraws));
  EXPECT_NEAR(variance, 1, 0.05);
}

TEST(Rng, GammaMoments) {
  for (const double shape : {0.05, 0.5, 1.0, 3.0, 250.0}) {
    Rng rng(5);
    const auto [mean, variance] = moments(kDraws, [&] { return rng.gamma(shape); });
    EXPECT_NEAR(mean, shape, 5 * std::sqrt(shape / kDraws)) << shape;
    EXPECT_NEAR(variance, shape, 0.1 * shape) << shape;
  }
}

TEST(Rng, PoissonMoments) {
  for (const double mean : {0.0, 0.01, 1.0, 19.0, 21.0, 100.0, 5000.0}) {
    Rng rng(6);
    const auto [sample_mean, variance] = moments(kDraws / 10, [&] { return rng.poisson(mean); });
    EXPECT_NEAR(sample_mean, mean, 5 * std::sqrt(mean / (kDraws / 10.0))) << mean;
    // The standard error of a Poisson sample's variance is sqrt((mean + 2 mean^2) / n).
    EXPECT_NEAR(variance, mean, 5 * std::sqrt((mean + 2 * mean * mean) / (kDraws / 10.0))) << mean;
  }
}

}  // namespace
}  // namespace sctab::core
