#include "sctab/sparse/normalise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "support/fixtures.hpp"
#include "support/random_csr.hpp"

namespace sctab::sparse {
namespace {

TEST(LogNormalise, EqualsTheDefinition) {
  core::Rng rng(1);
  const CsrMatrix counts = tests::random_counts(rng, 50, 200, 0.2);
  CsrMatrix got = counts;
  log_normalise(got);
  for (CellIndex cell = 0; cell < counts.n_cells; ++cell) {
    double total = 0;
    for (const float count : counts.row(cell).data) total += static_cast<double>(count);
    for (std::size_t i = 0; i < counts.row(cell).data.size(); ++i) {
      const double want = std::log1p(static_cast<double>(counts.row(cell).data[i]) * 1e4 / total);
      // Two float roundings of a value under 10.
      EXPECT_TRUE(std::abs(static_cast<double>(got.row(cell).data[i]) - want) <= 2e-6) << cell;
    }
  }
}

TEST(LogNormalise, TakesNoShortcutThatShows) {
  const std::vector<float> values = {1, 2, 31, 32, 33, 0.5F, 31.5F, 1e-30F, 3e6F, 16'777'216.0F, 7, 0};
  CsrMatrix got{.n_cells = 1, .n_genes = 12, .indptr = {0, 12}, .indices = {}, .data = values};
  for (GeneIndex gene = 0; gene < 12; ++gene) got.indices.push_back(gene);
  const auto scale = static_cast<float>(1e4 / library_size(got.row(0)));
  log_normalise(got);
  for (std::size_t i = 0; i < values.size(); ++i) {
    // To the bit: stores, models and files must agree on what a count becomes.
    EXPECT_EQ(got.data[i], std::log1p(values[i] * scale)) << values[i];
  }
}

TEST(LogNormalise, LeavesCellsWithoutCountsZero) {
  CsrMatrix counts{.n_cells = 2, .n_genes = 3, .indptr = {0, 1, 1}, .indices = {1}, .data = {0}};
  log_normalise(counts);
  EXPECT_EQ(counts.data[0], 0.0F);
}

TEST(Normaliser, IsTheSameForIntegersAndReals) {
  CsrMatrix counts{.n_cells = 0, .n_genes = 100, .indptr = {0}, .indices = {}, .data = {}};
  std::vector<GeneIndex> genes;
  std::vector<float> reals;
  std::vector<std::uint16_t> integers;
  for (GeneIndex i = 0; i < 100; ++i) {
    genes.push_back(i);
    integers.push_back(static_cast<std::uint16_t>(i < 50 ? i : i * i * 6));
    reals.push_back(static_cast<float>(integers.back()));
  }
  counts.append_row(genes, reals);
  EXPECT_EQ(library_size(std::span<const std::uint16_t>(integers)), library_size(counts.row(0)));
  const Normaliser normalised(library_size(counts.row(0)));
  std::vector<float> of_integers(100), of_reals(100);
  normalised.apply(std::span<const std::uint16_t>(integers), of_integers.data());
  normalised.apply(std::span<const float>(reals), of_reals.data());
  log_normalise(counts);
  EXPECT_EQ(of_integers, counts.data);
  EXPECT_EQ(of_reals, counts.data);
  EXPECT_EQ(Normaliser(0)(std::uint16_t{0}), 0.0F);
}

TEST(LibrarySize, IsExactBeyondThirtyTwoBits) {
  const std::vector<std::uint16_t> counts(100'000, 65'535);
  EXPECT_EQ(library_size(std::span<const std::uint16_t>(counts)), 6'553'500'000.0);
}

TEST(CheckCounts, NamesCellAndGene) {
  const std::vector<std::string> genes = {"ENSG1", "ENSG2", "ENSG3"};
  const core::Problem place{.file = "a.h5ad", .matrix = "X"};
  for (const float bad : {-1.0F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const CsrMatrix counts{.n_cells = 2, .n_genes = 3, .indptr = {0, 1, 2}, .indices = {0, 2}, .data = {1, bad}};
    SCTAB_EXPECT_THROW_WITH(check_counts(counts.view(), place, 100, genes), core::InputError, "a.h5ad: X", "cell 101",
                            "ENSG3");
  }
  // The first of several, in the middle of a long row.
  CsrMatrix counts{.n_cells = 1, .n_genes = 50, .indptr = {0, 50}, .indices = {}, .data = std::vector<float>(50, 1)};
  for (GeneIndex gene = 0; gene < 50; ++gene) counts.indices.push_back(gene);
  counts.data[37] = -0.5F;
  counts.data[41] = std::numeric_limits<float>::quiet_NaN();
  SCTAB_EXPECT_THROW_WITH(check_counts(counts.view(), place, 7, {}), core::InputError, "cell 7", "number 37", "-0.5");
  const CsrMatrix good{.n_cells = 1, .n_genes = 3, .indptr = {0, 1}, .indices = {0}, .data = {0.5F}};
  EXPECT_NO_THROW(check_counts(good.view(), {}, 0, genes));
}

}  // namespace
}  // namespace sctab::sparse
