#include "lab/simulate/count_sampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sctab::simulate {
namespace {

constexpr int kCells = 40'000;

sparse::CsrMatrix draw(const CountProfile& profile, sparse::GeneIndex n_genes, double n, int cells = kCells) {
  CountSampler sampler(n_genes);
  sparse::CsrMatrix drawn;
  drawn.n_genes = n_genes;
  core::Rng rng(7);
  for (int cell = 0; cell < cells; ++cell) {
    sampler.add(profile, n, rng);
    sampler.finish_cell(drawn);
  }
  return drawn;
}

std::vector<double> column(const sparse::CsrMatrix& cells, sparse::GeneIndex gene) {
  std::vector<double> counts(static_cast<std::size_t>(cells.n_cells), 0.0);
  for (sparse::CellIndex cell = 0; cell < cells.n_cells; ++cell) {
    const auto row = cells.row(cell);
    const auto found = std::ranges::lower_bound(row.indices, gene);
    if (found == row.indices.end() || *found != gene) continue;
    counts[static_cast<std::size_t>(cell)] =
        static_cast<double>(row.data[static_cast<std::size_t>(found - row.indices.begin())]);
  }
  return counts;
}

double mean_product(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0) / static_cast<double>(a.size());
}

double negative_binomial_pmf(int k, double mean, double phi) {
  if (phi == 0) return std::exp(k * std::log(mean) - mean - std::lgamma(k + 1));
  const double r = 1 / phi;
  return std::exp(std::lgamma(k + r) - std::lgamma(r) - std::lgamma(k + 1) - r * std::log1p(phi * mean) +
                  k * std::log(phi * mean / (1 + phi * mean)));
}

/// Gene by gene or through clusters, the probabilities must be those of the distribution.
class Marginals : public ::testing::TestWithParam<double> {};

TEST_P(Marginals, AreNegativeBinomial) {
  const std::vector<float> share = {0.5F, 0.3F, 0.15F, 0.04F, 0.01F};
  const std::vector<float> phi = {0.2F, 1.5F, 0.0F, 4.0F, 0.6F};
  constexpr double kSize = 10;
  const auto cells = draw(CountProfile(share, phi, GetParam()), 5, kSize);
  for (std::size_t gene = 0; gene < share.size(); ++gene) {
    const auto counts = column(cells, static_cast<sparse::GeneIndex>(gene));
    const double mean = kSize * static_cast<double>(share[gene]), dispersion = static_cast<double>(phi[gene]);
    for (int k = 0; k < 12; ++k) {
      const double want = negative_binomial_pmf(k, mean, dispersion);
      const double got = static_cast<double>(std::ranges::count(counts, k)) / kCells;
      // Five standard errors of a binomial share, and one cell.
      const double tolerance = 5 * std::sqrt(want * (1 - want) / kCells) + 1.0 / kCells;
      EXPECT_TRUE(std::abs(got - want) <= tolerance) << "gene " << gene << " k " << k << ": " << got << " " << want;
    }
    const double first = mean_product(counts, std::vector<double>(counts.size(), 1.0));
    const double variance = mean_product(counts, counts) - first * first;
    const double want_variance = mean + dispersion * mean * mean;
    EXPECT_TRUE(std::abs(first - mean) <= 5 * std::sqrt(want_variance / kCells)) << "gene " << gene;
    EXPECT_TRUE(std::abs(variance / want_variance - 1) <= 0.12) << "gene " << gene << " " << variance;
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, Marginals, ::testing::Values(0.0, 0.2, 2.0));

TEST(CountSampler, DrawsGenesIndependently) {
  const std::vector<float> share = {0.5F, 0.5F}, phi = {0.5F, 0.5F};
  const auto cells = draw(CountProfile(share, phi, 2.0), 2, 8);
  const auto a = column(cells, 0), b = column(cells, 1);
  const std::vector<double> ones(a.size(), 1.0);
  const double covariance = mean_product(a, b) - mean_product(a, ones) * mean_product(b, ones);
  EXPECT_TRUE(std::abs(covariance) <= 5 * (4 + 0.5 * 16) / std::sqrt(kCells)) << covariance;
}

TEST(CountSampler, NeverDrawsAGeneWithoutAShare) {
  std::vector<float> share(130, 0.0F);
  share[0] = 0.25F;
  share[64] = 0.25F;
  share[129] = 0.5F;
  const auto cells = draw(CountProfile(share, std::vector<float>(130, 0.3F), 2.0), 130, 50, 500);
  for (const sparse::GeneIndex gene : cells.indices) EXPECT_TRUE(gene == 0 || gene == 64 || gene == 129) << gene;
}

TEST(CountSampler, GivesSortedRowsAndStartsEachCellEmpty) {
  const std::vector<float> share(200, 1.0F / 200), phi(200, 0.5F);
  const auto cells = draw(CountProfile(share, phi), 200, 30, 300);
  ASSERT_EQ(cells.n_cells, 300);
  double total = 0;
  for (sparse::CellIndex cell = 0; cell < cells.n_cells; ++cell) {
    const auto row = cells.row(cell);
    EXPECT_TRUE(std::ranges::is_sorted(row.indices, std::ranges::less_equal()) || row.indices.size() < 2);
    EXPECT_EQ(std::ranges::adjacent_find(row.indices), row.indices.end());
    for (const float count : row.data) {
      EXPECT_GE(count, 1.0F);
      total += static_cast<double>(count);
    }
  }
  EXPECT_TRUE(std::abs(total / 300 - 30) < 2) << total / 300;
}

TEST(CountSampler, DrawsNothingForAnEmptyCell) {
  const std::vector<float> share = {1.0F}, phi = {0.5F};
  EXPECT_EQ(draw(CountProfile(share, phi), 1, 0, 10).nnz(), 0);
}

TEST(CountSampler, AddsTheParts) {
  const std::vector<float> first = {1.0F, 0.0F}, second = {0.0F, 1.0F}, phi = {0.0F, 0.0F};
  CountSampler sampler(2);
  core::Rng rng(1);
  sparse::CsrMatrix cells;
  cells.n_genes = 2;
  sampler.add(CountProfile(first, phi), 1000, rng);
  sampler.add(CountProfile(second, phi), 500, rng);
  sampler.finish_cell(cells);
  ASSERT_EQ(cells.nnz(), 2);
  EXPECT_NEAR(cells.data[0], 1000, 160);  // five standard deviations
  EXPECT_NEAR(cells.data[1], 500, 112);
}

}  // namespace
}  // namespace sctab::simulate
