#include "sctab/linalg/k_means.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "sctab/core/error.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/kernels/parallel.hpp"
#include "support/fixtures.hpp"

namespace sctab::linalg {
namespace {

using sparse::CellIndex;
using sparse::GeneIndex;

/// Rows about `n_centres` sparse centres; row i is about centre i % n_centres.
sparse::CsrMatrix scattered(std::int64_t n, std::int64_t n_centres, GeneIndex n_genes, double spread) {
  core::Rng rng(4);
  std::vector<std::vector<double>> centres(static_cast<std::size_t>(n_centres));
  for (auto& centre : centres) {
    for (GeneIndex g = 0; g < n_genes; ++g) centre.push_back(rng.below(5) == 0 ? 3 * rng.normal() : 0);
  }
  sparse::CsrMatrix rows;
  rows.clear(n_genes);
  for (std::int64_t i = 0; i < n; ++i) {
    std::vector<GeneIndex> genes;
    std::vector<float> values;
    for (GeneIndex g = 0; g < n_genes; ++g) {
      const double centre = centres[static_cast<std::size_t>(i % n_centres)][static_cast<std::size_t>(g)];
      if (centre == 0 && rng.below(10) != 0) continue;
      genes.push_back(g);
      values.push_back(static_cast<float>(centre + spread * rng.normal()));
    }
    rows.append_row(genes, values);
  }
  return rows;
}

std::vector<std::vector<double>> dense(const sparse::CsrMatrix& rows) {
  std::vector<std::vector<double>> all;
  for (CellIndex i = 0; i < rows.n_cells; ++i) {
    std::vector<double> row(static_cast<std::size_t>(rows.n_genes), 0.0);
    for (std::size_t at = 0; at < rows.row(i).indices.size(); ++at) {
      row[static_cast<std::size_t>(rows.row(i).indices[at])] = static_cast<double>(rows.row(i).data[at]);
    }
    all.push_back(row);
  }
  return all;
}

double squared_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/// Means of the clusters, in plain loops.
std::vector<std::vector<double>> means(const std::vector<std::vector<double>>& rows, const KMeansResult& result) {
  std::vector<std::vector<double>> centres(static_cast<std::size_t>(result.n_clusters),
                                           std::vector<double>(rows.front().size(), 0.0));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto cluster = static_cast<std::size_t>(result.cluster_of_row[i]);
    for (std::size_t g = 0; g < rows[i].size(); ++g) {
      centres[cluster][g] += rows[i][g] / static_cast<double>(result.members[cluster]);
    }
  }
  return centres;
}

TEST(KMeans, EndsWhereEveryRowIsWithItsNearestMean) {
  const sparse::CsrMatrix rows = scattered(400, 9, 61, 1.5);
  const KMeansResult result = k_means(rows.view(), {.n_clusters = 7, .max_iterations = 500, .tolerance = 0});
  ASSERT_EQ(result.n_clusters, 7);
  ASSERT_LT(std::ssize(result.squared_distances), 500);
  const auto all = dense(rows);
  const auto centres = means(all, result);
  double sum = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double own = squared_distance(all[i], centres[static_cast<std::size_t>(result.cluster_of_row[i])]);
    for (const auto& centre : centres) {
      // Products are summed in float: 1e-5 of a squared length.
      EXPECT_TRUE(own <= squared_distance(all[i], centre) + 1e-5 * squared_distance(all[i], std::vector<double>(61)));
    }
    sum += own;
  }
  EXPECT_TRUE(std::abs(result.squared_distances.back() - sum) <= 1e-5 * sum);
}

TEST(KMeans, NeverGetsWorse) {
  const sparse::CsrMatrix rows = scattered(600, 30, 45, 2);
  const KMeansResult result = k_means(rows.view(), {.n_clusters = 25, .tolerance = 0});
  ASSERT_GT(result.squared_distances.size(), 3U);
  for (std::size_t i = 1; i < result.squared_distances.size(); ++i) {
    EXPECT_TRUE(result.squared_distances[i] <= (1 + 1e-6) * result.squared_distances[i - 1]) << i;
  }
}

TEST(KMeans, FindsClustersThatAreFarApart) {
  const sparse::CsrMatrix rows = scattered(300, 6, 80, 0.1);
  const KMeansResult result = k_means(rows.view(), {.n_clusters = 6});
  std::map<std::int32_t, std::int32_t> cluster_of_centre;
  for (std::int32_t i = 0; i < 300; ++i) {
    const std::int32_t cluster = result.cluster_of_row[static_cast<std::size_t>(i)];
    EXPECT_EQ(cluster_of_centre.emplace(i % 6, cluster).first->second, cluster) << i;
  }
  EXPECT_EQ(result.members, std::vector<std::int64_t>(6, 50));
}

TEST(KMeans, IsTheSameForAnyNumberOfThreads) {
  const sparse::CsrMatrix rows = scattered(700, 20, 129, 2);
  const int before = kernels::threads();
  kernels::set_threads(1);
  const KMeansResult want = k_means(rows.view(), {.n_clusters = 17, .seed = 3});
  for (const int n_threads : {2, 4}) {
    kernels::set_threads(n_threads);
    const KMeansResult got = k_means(rows.view(), {.n_clusters = 17, .seed = 3});
    EXPECT_EQ(got.cluster_of_row, want.cluster_of_row);
    EXPECT_EQ(got.squared_distances, want.squared_distances);
  }
  kernels::set_threads(before);
}

TEST(KMeans, TakesFewRowsEqualRowsAndEmptyRows) {
  sparse::CsrMatrix rows;
  rows.clear(3);
  rows.append_row(std::vector<GeneIndex>{1}, std::vector<float>{2});
  EXPECT_EQ(k_means(rows.view(), {.n_clusters = 50}).members, std::vector<std::int64_t>{1});
  for (int i = 0; i < 9; ++i) rows.append_row(std::vector<GeneIndex>{1}, std::vector<float>{2});
  rows.append_row({}, {});
  const KMeansResult result = k_means(rows.view(), {.n_clusters = 50});
  EXPECT_EQ(result.n_clusters, 2);  // of two distinct rows
  std::vector<std::int64_t> members = result.members;
  std::ranges::sort(members);
  EXPECT_EQ(members, (std::vector<std::int64_t>{1, 10}));
  EXPECT_EQ(result.squared_distances.back(), 0);
}

TEST(KMeans, RefusesOptionsOutOfRange) {
  const sparse::CsrMatrix rows = scattered(5, 1, 4, 1);
  SCTAB_EXPECT_THROW_WITH(k_means(rows.view(), {.n_clusters = 0}), core::InputError, "clusters", "at least 1");
  SCTAB_EXPECT_THROW_WITH(k_means(rows.view(), {.tolerance = std::nan("")}), core::InputError, "tolerance");
}

}  // namespace
}  // namespace sctab::linalg
