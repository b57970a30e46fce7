#include "sctab/augment/assay_noise.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/sparse/normalise.hpp"
#include "support/random_csr.hpp"

namespace sctab::augment {
namespace {

constexpr sparse::GeneIndex kNoisyGenes = 400;

sparse::CsrMatrix random_cells(std::int64_t n) {
  core::Rng rng(3);
  sparse::CsrMatrix cells = sctab::tests::random_counts(rng, n, kNoisyGenes, 0.3);
  sparse::log_normalise(cells, 1e4F);
  return cells;
}

double total(sparse::RowView cell) {
  double sum = 0;
  for (const float value : cell.data) sum += std::expm1(static_cast<double>(value));
  return sum;
}

/// What each gene's counts were multiplied by, of the genes that are left.
std::map<sparse::GeneIndex, double> ratios(sparse::RowView before, sparse::RowView after) {
  std::map<sparse::GeneIndex, double> counts, ratios;
  for (std::size_t i = 0; i < before.data.size(); ++i) {
    counts[before.indices[i]] = std::expm1(static_cast<double>(before.data[i]));
  }
  for (std::size_t i = 0; i < after.data.size(); ++i) {
    ratios[after.indices[i]] = std::expm1(static_cast<double>(after.data[i])) / counts.at(after.indices[i]);
  }
  return ratios;
}

TEST(AssayNoise, KeepsTheOrderOfGenesAndTheTotalOfCells) {
  const sparse::CsrMatrix cells = random_cells(300);
  AssayNoise noise({.gene_dropout = 0.9, .gene_noise = 2}, 1);
  const sparse::CsrView noisy = noise.add(cells.view(), 0, 0);
  ASSERT_EQ(noisy.n_cells, 300);
  ASSERT_EQ(noisy.n_genes, kNoisyGenes);
  EXPECT_LT(noisy.nnz(), cells.nnz());
  for (std::int64_t cell = 0; cell < 300; ++cell) {
    EXPECT_TRUE(sparse::strictly_ascending(noisy.row(cell).indices));
    const double want = total(cells.row(cell));
    EXPECT_TRUE(std::abs(total(noisy.row(cell)) - want) <= 1e-4 * want) << cell;  // float32 through exp and log
  }
}

TEST(AssayNoise, LosesAShareOfGenesThatIsUniformOverCells) {
  const sparse::CsrMatrix cells = random_cells(4000);
  AssayNoise noise({.gene_dropout = 0.8}, 1);
  const sparse::CsrView noisy = noise.add(cells.view(), 0, 0);
  double sum = 0, squares = 0;
  for (std::int64_t cell = 0; cell < 4000; ++cell) {
    const sparse::RowView before = cells.row(cell), after = noisy.row(cell);
    const double lost = 1 - static_cast<double>(after.data.size()) / static_cast<double>(before.data.size());
    sum += lost;
    squares += lost * lost;
    const std::map<sparse::GeneIndex, double> factors = ratios(before, after);
    double worst = 0;  // one scale and no noise: all genes' counts are multiplied alike
    for (const auto& [gene, factor] : factors) {
      const double apart = std::abs(factor / factors.begin()->second - 1);
      if (!(apart <= worst)) worst = apart;
    }
    EXPECT_TRUE(worst <= 1e-4) << cell;
  }
  const double mean = sum / 4000, variance = squares / 4000 - mean * mean;
  EXPECT_TRUE(std::abs(mean - 0.4) <= 0.02) << mean;  // 5 standard errors of U(0, 0.8)
  // 0.8²/12 between cells, and p(1 - p)/120 of 120 genes within one: 0.0533 + 0.0016
  EXPECT_TRUE(std::abs(variance - 0.055) <= 0.006) << variance;
}

TEST(AssayNoise, GivesAllCellsOfABatchTheSameFactorsOfGenes) {
  const sparse::CsrMatrix cells = random_cells(40);
  AssayNoise noise({.gene_noise = 1}, 1);
  std::vector<double> deviations;
  for (const std::int64_t batch : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
    const sparse::CsrView noisy = noise.add(cells.view(), 0, batch);
    ASSERT_EQ(noisy.nnz(), cells.nnz());
    std::map<sparse::GeneIndex, double> first;
    double sum = 0, squares = 0, n = 0;
    for (std::int64_t cell = 0; cell < 40; ++cell) {
      const std::map<sparse::GeneIndex, double> factors = ratios(cells.row(cell), noisy.row(cell));
      // Cells differ in their scale alone: the ratio of two genes' factors is the same in all.
      double shift = std::numeric_limits<double>::quiet_NaN();
      for (const auto& [gene, factor] : factors) {
        if (!first.contains(gene)) continue;
        if (std::isnan(shift)) shift = std::log(factor / first.at(gene));
        EXPECT_TRUE(std::abs(std::log(factor / first.at(gene)) - shift) <= 1e-3) << gene;
      }
      if (cell == 0) first = factors;
    }
    for (const auto& [gene, factor] : first) {
      sum += std::log(factor);
      squares += std::log(factor) * std::log(factor);
      ++n;
    }
    deviations.push_back(std::sqrt(squares / n - sum / n * (sum / n)));
  }
  const auto [least, most] = std::ranges::minmax(deviations);
  EXPECT_TRUE(most <= 1.2 && most >= 0.5) << most;  // of ten draws from U(0, 1), about 120 genes each
  EXPECT_TRUE(least <= 0.5 && least > 0) << least;
}

TEST(AssayNoise, IsAFunctionOfSeedEpochAndBatchForAnyThreads) {
  const sparse::CsrMatrix cells = random_cells(70);
  const AssayNoiseOptions options{.gene_dropout = 0.5, .gene_noise = 1};
  AssayNoise noise(options, 1), other(options, 2);
  std::set<std::vector<float>> seen;
  for (const auto& [epoch, batch] : {std::pair{0, 0}, {0, 1}, {1, 0}, {1, 1}, {0, 256}}) {
    const sparse::CsrView noisy = noise.add(cells.view(), epoch, batch);
    seen.insert({noisy.data.begin(), noisy.data.end()});
  }
  const sparse::CsrView with_other_seed = other.add(cells.view(), 0, 0);
  seen.insert({with_other_seed.data.begin(), with_other_seed.data.end()});
  EXPECT_EQ(seen.size(), 6U);
  const int threads = kernels::threads();
  for (const int n : {1, 2, 3}) {
    kernels::set_threads(n);
    AssayNoise again(options, 1);
    const sparse::CsrView noisy = again.add(cells.view(), 0, 256);
    EXPECT_FALSE(seen.insert({noisy.data.begin(), noisy.data.end()}).second) << n;
  }
  kernels::set_threads(threads);
}

TEST(AssayNoise, LeavesCellsWithoutGenesAndWithOneAlone) {
  sparse::CsrMatrix cells;
  cells.clear(kNoisyGenes);
  cells.append_row({}, {});
  const std::vector<sparse::GeneIndex> gene{7};
  const std::vector<float> value{9.2F};
  for (int i = 0; i < 200; ++i) cells.append_row(gene, value);
  AssayNoise noise({.gene_dropout = 0.99, .gene_noise = 5}, 1);
  const sparse::CsrView noisy = noise.add(cells.view(), 3, 4);
  ASSERT_EQ(noisy.n_cells, 201);
  EXPECT_TRUE(noisy.row(0).data.empty());
  for (std::int64_t cell = 1; cell < 201; ++cell) {
    ASSERT_EQ(noisy.row(cell).indices.size(), 1U);
    EXPECT_EQ(noisy.row(cell).indices[0], 7);
    EXPECT_TRUE(std::abs(noisy.row(cell).data[0] - 9.2F) <= 1e-5F);
  }
  sparse::CsrMatrix none;
  none.clear(kNoisyGenes);
  EXPECT_EQ(noise.add(none.view(), 0, 0).n_cells, 0);
}

TEST(AssayNoise, NamesOptionsOutOfRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double share : {-0.1, 1.0, nan}) {
    EXPECT_THROW(AssayNoise({.gene_dropout = share}, 1), core::InputError) << share;
  }
  for (const double deviation : {-0.1, 5.1, nan}) {
    EXPECT_THROW(AssayNoise({.gene_noise = deviation}, 1), core::InputError) << deviation;
  }
  try {
    AssayNoiseOptions{.gene_dropout = 1}.validate();
    FAIL();
  } catch (const core::InputError& error) {
    EXPECT_NE(std::string(error.what()).find("--gene-dropout: 1; expected"), std::string::npos);
  }
}

}  // namespace
}  // namespace sctab::augment
