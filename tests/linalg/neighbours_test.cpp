#include "sctab/linalg/neighbours.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sctab/core/error.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/kernels/parallel.hpp"
#include "support/fixtures.hpp"

namespace sctab::linalg {
namespace {

Neighbours nearest_neighbours(std::span<const float> reference, std::span<const float> queries, std::int64_t width,
                              std::int64_t k) {
  return NeighbourSearch(reference, width).find(queries, k);
}

std::vector<float> random_rows(std::int64_t n, std::int64_t width, std::uint64_t seed, double centre = 0) {
  core::Rng rng(seed);
  std::vector<float> rows(static_cast<std::size_t>(n * width));
  for (float& value : rows) value = static_cast<float>(centre + rng.normal());
  return rows;
}

/// All distances in double, sorted with their rows.
std::vector<std::pair<double, core::CellIndex>> sorted_distances(std::span<const float> reference, const float* query,
                                                                 std::int64_t width) {
  std::vector<std::pair<double, core::CellIndex>> all;
  for (std::int64_t row = 0; row < std::ssize(reference) / width; ++row) {
    double sum = 0;
    for (std::int64_t i = 0; i < width; ++i) {
      sum += std::pow(
          static_cast<double>(query[i]) - static_cast<double>(reference[static_cast<std::size_t>(row * width + i)]), 2);
    }
    all.emplace_back(sum, row);
  }
  std::ranges::sort(all);
  return all;
}

void expect_exact(std::span<const float> reference, std::span<const float> queries, std::int64_t width,
                  std::int64_t k) {
  const Neighbours got = nearest_neighbours(reference, queries, width, k);
  const std::int64_t n_queries = std::ssize(queries) / width;
  ASSERT_EQ(got.k, std::min(k, std::ssize(reference) / width));
  ASSERT_EQ(std::ssize(got.index), n_queries * got.k);
  ASSERT_EQ(std::ssize(got.squared_distance), n_queries * got.k);
  for (std::int64_t query = 0; query < n_queries; ++query) {
    const auto want = sorted_distances(reference, queries.data() + query * width, width);
    for (std::int64_t i = 0; i < got.k; ++i) {
      const auto at = static_cast<std::size_t>(query * got.k + i);
      const auto& [distance, row] = want[static_cast<std::size_t>(i)];
      ASSERT_EQ(got.index[at], row) << "query " << query << ", neighbour " << i;
      ASSERT_EQ(got.squared_distance[at], static_cast<float>(distance));
    }
  }
}

TEST(Neighbours, EqualThePlainSearch) {
  for (const std::int64_t width : {1, 2, 50, 127, 128, 129}) {
    // 2,100 rows: two full blocks and a part; 67 queries: a full task and a part.
    const std::vector<float> reference = random_rows(2100, width, 1), queries = random_rows(67, width, 2);
    for (const std::int64_t k : {1, 15, 200}) expect_exact(reference, queries, width, k);
  }
}

TEST(Neighbours, SmallShapes) {
  const std::vector<float> reference = random_rows(5, 3, 1), queries = random_rows(4, 3, 2);
  for (const std::int64_t k : {1, 4, 5, 6, 1000}) expect_exact(reference, queries, 3, k);
  expect_exact(std::span(reference).first(3), queries, 3, 2);
  expect_exact(reference, std::span(queries).first(3), 3, 2);
  EXPECT_TRUE(nearest_neighbours(reference, {}, 3, 2).index.empty());
}

// Far from the origin |a|² + |b|² − 2 a·b has no digits left in float.
TEST(Neighbours, AreExactFarFromTheOrigin) {
  const std::vector<float> reference = random_rows(1500, 20, 1, 3000), queries = random_rows(10, 20, 2, 3000);
  expect_exact(reference, queries, 20, 12);
}

TEST(Neighbours, AreExactAtTheEndsOfTheRange) {
  for (const float scale : {1e-30F, 1e-22F, 1e-19F, 1e18F, 1e30F}) {
    std::vector<float> reference = random_rows(1200, 8, 1), queries = random_rows(5, 8, 2);
    for (float& value : reference) value *= scale;
    for (float& value : queries) value *= scale;
    const Neighbours got = nearest_neighbours(reference, queries, 8, 10);
    for (std::size_t query = 0; query < 5; ++query) {
      const auto want = sorted_distances(reference, queries.data() + query * 8, 8);
      for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(got.index[query * 10 + i], want[i].second) << scale;
    }
  }
}

TEST(Neighbours, OneFarRowDoesNotHarmOthers) {
  std::vector<float> reference = random_rows(1200, 8, 1);
  for (std::size_t i = 0; i < 8; ++i) reference[i] = 1e15F;
  expect_exact(reference, random_rows(5, 8, 2), 8, 10);
}

TEST(Neighbours, TiesGoToTheLowerRow) {
  // A grid of small whole numbers: most distances are shared by many rows.
  core::Rng rng(3);
  std::vector<float> reference(3000 * 3), queries(40 * 3);
  for (float& value : reference) value = static_cast<float>(rng.below(4));
  for (float& value : queries) value = static_cast<float>(rng.below(4));
  for (const std::int64_t k : {1, 30, 500}) expect_exact(reference, queries, 3, k);
  const std::vector<float> same(2500 * 7, 0.3F);
  const Neighbours got = nearest_neighbours(same, std::span(same).first(7), 7, 5);
  EXPECT_EQ(got.index, (std::vector<core::CellIndex>{0, 1, 2, 3, 4}));
  EXPECT_EQ(got.squared_distance, std::vector<float>(5, 0.0F));
}

TEST(Neighbours, DoNotDependOnThreads) {
  const std::vector<float> reference = random_rows(3000, 33, 1), queries = random_rows(300, 33, 2);
  const int before = kernels::threads();
  kernels::set_threads(1);
  const Neighbours want = nearest_neighbours(reference, queries, 33, 20);
  for (const int threads : {2, 3}) {
    kernels::set_threads(threads);
    const Neighbours got = nearest_neighbours(reference, queries, 33, 20);
    EXPECT_EQ(got.index, want.index);
    EXPECT_EQ(got.squared_distance, want.squared_distance);
  }
  kernels::set_threads(before);
}

TEST(Neighbours, RefuseValuesThatAreNotFinite) {
  const std::vector<float> good = random_rows(6, 4, 1);
  std::vector<float> bad = good;
  bad[13] = std::nanf("");
  SCTAB_EXPECT_THROW_WITH(nearest_neighbours(bad, good, 4, 2), core::InputError, "reference", "cell 3", "nan");
  bad[13] = std::numeric_limits<float>::infinity();
  SCTAB_EXPECT_THROW_WITH(nearest_neighbours(good, bad, 4, 2), core::InputError, "queries", "cell 3", "inf");
}

}  // namespace
}  // namespace sctab::linalg
