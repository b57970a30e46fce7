#include "sctab/sparse/normalise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sparse/random_csr.hpp"
#include "support/fixtures.hpp"

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

TEST(LogNormalise, LeavesCellsWithoutCountsZero) {
  CsrMatrix counts{.n_cells = 2, .n_genes = 3, .indptr = {0, 1, 1}, .indices = {1}, .data = {0}};
  log_normalise(counts);
  EXPECT_EQ(counts.data[0], 0.0F);
}

TEST(CheckCounts, NamesCellAndGene) {
  const std::vector<std::string> genes = {"ENSG1", "ENSG2", "ENSG3"};
  for (const float bad : {-1.0F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const CsrMatrix counts{.n_cells = 2, .n_genes = 3, .indptr = {0, 1, 2}, .indices = {0, 2}, .data = {1, bad}};
    SCTAB_EXPECT_THROW_WITH(check_counts(counts.view(), "a.h5ad: X", 100, genes), core::InputError, "a.h5ad: X",
                            "cell 101", "ENSG3");
  }
  const CsrMatrix good{.n_cells = 1, .n_genes = 3, .indptr = {0, 1}, .indices = {0}, .data = {0.5F}};
  EXPECT_NO_THROW(check_counts(good.view(), "a.h5ad: X", 0, genes));
}

}  // namespace
}  // namespace sctab::sparse
