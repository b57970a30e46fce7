#include "sctab/augment/explained_variance.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sctab/core/rng.hpp"
#include "sctab/kernels/parallel.hpp"
#include "support/random_csr.hpp"

namespace sctab::augment {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Ordinary least squares by Gram-Schmidt: an orthonormal base of what the columns span, with a constant.
std::vector<Vector> base_of(const std::vector<Vector>& columns, std::size_t n) {
  std::vector<Vector> base{Vector(n, 1 / std::sqrt(static_cast<double>(n)))};
  for (Vector column : columns) {
    for (int pass = 0; pass < 2; ++pass) {
      for (const Vector& unit : base) {
        const double length = dot(unit, column);
        for (std::size_t i = 0; i < n; ++i) column[i] -= length * unit[i];
      }
    }
    const double length = std::sqrt(dot(column, column));
    if (length < 1e-8) continue;
    for (double& value : column) value /= length;
    base.push_back(column);
  }
  return base;
}

struct Design {
  std::vector<std::int32_t> types, donors;

  [[nodiscard]] std::vector<Vector> columns(bool of_type, bool of_donor) const {
    std::vector<Vector> all;
    const auto add = [&](const std::vector<std::int32_t>& codes, std::int32_t n) {
      for (std::int32_t code = 0; code < n; ++code) {
        Vector column;
        for (std::size_t i = 0; i < codes.size(); ++i) {
          if (donors[i] >= 0) column.push_back(codes[i] == code ? 1 : 0);
        }
        all.push_back(column);
      }
    };
    if (of_type) add(types, 6);
    if (of_donor) add(donors, 9);
    return all;
  }
};

RSquared slow_r_squared(const std::vector<Vector>& genes, const std::vector<Vector>& columns) {
  const std::vector<Vector> base = base_of(columns, genes.front().size());
  double explained = 0, total = 0, sum = 0, n = 0;
  for (const Vector& gene : genes) {
    double of_gene = 0;
    for (std::size_t b = 1; b < base.size(); ++b) of_gene += dot(base[b], gene) * dot(base[b], gene);
    const double all = dot(gene, gene) - dot(base[0], gene) * dot(base[0], gene);
    if (!(all > 1e-9)) continue;
    explained += of_gene;
    total += all;
    sum += of_gene / all;
    ++n;
  }
  return {explained / total, sum / n};
}

void expect_near(const RSquared& got, const RSquared& want) {
  EXPECT_TRUE(std::abs(got.of_total - want.of_total) <= 1e-9) << got.of_total << " not " << want.of_total;
  EXPECT_TRUE(std::abs(got.gene_mean - want.gene_mean) <= 1e-9) << got.gene_mean << " not " << want.gene_mean;
}

class Explained : public testing::Test {
 protected:
  static constexpr sparse::GeneIndex kGenes = 300;
  Explained() {
    core::Rng rng(3);
    cells_ = sctab::tests::random_counts(rng, 200, kGenes, 0.3);
    for (std::size_t i = 0; i < 200; ++i) {
      // Type 5 has no cell, donors 6 to 8 have types 3 and 4 alone: two parts that no cell ties together.
      const bool apart = i % 3 == 0;
      design_.types.push_back(static_cast<std::int32_t>(apart ? 3 + rng.below(2) : rng.below(3)));
      design_.donors.push_back(static_cast<std::int32_t>(apart ? 6 + rng.below(3) : rng.below(6)));
      if (i % 17 == 0) design_.donors.back() = -1;
      const auto begin = static_cast<std::size_t>(cells_.indptr[i]),
                 end = static_cast<std::size_t>(cells_.indptr[i + 1]);
      for (std::size_t at = begin; at < end; ++at) {
        if (cells_.indices[at] == 7) cells_.data[at] = 0;  // a gene that does not vary
        if (cells_.indices[at] % 5 == design_.types[i]) cells_.data[at] += 4;
        if (cells_.indices[at] % 9 == design_.donors[i]) cells_.data[at] += 2;
      }
    }
  }
  [[nodiscard]] std::vector<Vector> genes() const {
    std::vector<Vector> all(kGenes);
    for (std::size_t i = 0; i < 200; ++i) {
      if (design_.donors[i] < 0) continue;
      for (Vector& gene : all) gene.push_back(0);
      const sparse::RowView row = cells_.row(static_cast<sparse::CellIndex>(i));
      for (std::size_t at = 0; at < row.indices.size(); ++at) {
        all[static_cast<std::size_t>(row.indices[at])].back() = static_cast<double>(row.data[at]);
      }
    }
    return all;
  }
  [[nodiscard]] VarianceSums sums(sparse::CellIndex cells_at_once) const {
    VarianceSums sums(6, 9, kGenes);
    for (sparse::CellIndex first = 0; first < 200; first += cells_at_once) {
      const auto from = static_cast<std::size_t>(first),
                 n = static_cast<std::size_t>(std::min(cells_at_once, 200 - first));
      sums.add({static_cast<sparse::CellIndex>(n), kGenes, std::span(cells_.indptr).subspan(from, n + 1),
                cells_.indices, cells_.data},
               std::span(design_.types).subspan(from, n), std::span(design_.donors).subspan(from, n));
    }
    return sums;
  }

  sparse::CsrMatrix cells_;
  Design design_;
};

TEST_F(Explained, EqualsLeastSquares) {
  const ExplainedVariance got = sums(33).explained();
  const std::vector<Vector> all = genes();
  expect_near(got.cell_type, slow_r_squared(all, design_.columns(true, false)));
  expect_near(got.donor, slow_r_squared(all, design_.columns(false, true)));
  expect_near(got.both, slow_r_squared(all, design_.columns(true, true)));
  EXPECT_GT(got.both.of_total, got.cell_type.of_total);
  EXPECT_GT(got.cell_type.of_total, 0.05);
}

TEST_F(Explained, IsTheSameForAnyNumberOfThreads) {
  const int before = kernels::threads();
  kernels::set_threads(1);
  const ExplainedVariance want = sums(200).explained();
  kernels::set_threads(4);
  const ExplainedVariance got = sums(200).explained();
  kernels::set_threads(before);
  EXPECT_EQ(got.both.of_total, want.both.of_total);
  EXPECT_EQ(got.donor.gene_mean, want.donor.gene_mean);
}

TEST(ExplainedEdges, NoCellsAndConstantCellsExplainNothing) {
  VarianceSums sums(2, 2, 3);
  EXPECT_TRUE(std::isnan(sums.explained().both.of_total));
  const sparse::CsrMatrix cells{
      .n_cells = 3, .n_genes = 3, .indptr = {0, 1, 2, 3}, .indices = {1, 1, 1}, .data = {0.1F, 0.1F, 0.1F}};
  sums.add(cells.view(), std::vector<std::int32_t>{0, 1, 1}, std::vector<std::int32_t>{0, 0, 1});
  EXPECT_EQ(sums.n_cells(), 3);
  EXPECT_TRUE(std::isnan(sums.explained().cell_type.gene_mean));
}

}  // namespace
}  // namespace sctab::augment
