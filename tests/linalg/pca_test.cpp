#include "sctab/linalg/pca.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "linalg/pca_reference.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/kernels/parallel.hpp"
#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"

namespace sctab::linalg {
namespace {

/// Sparse cells with a few strong directions: groups of genes that are expressed together.
sparse::CsrMatrix grouped_cells(core::CellIndex n_cells, core::GeneIndex n_genes, std::uint64_t seed) {
  core::Rng rng(seed);
  sparse::CsrMatrix cells;
  cells.clear(n_genes);
  for (core::CellIndex cell = 0; cell < n_cells; ++cell) {
    const auto group = static_cast<core::GeneIndex>(rng.below(6));
    const double strength = rng.uniform();
    for (core::GeneIndex gene = 0; gene < n_genes; ++gene) {
      const double density = gene % 6 == group ? 0.3 + 0.4 * strength : 0.05 + 0.001 * gene;
      if (rng.uniform() >= density) continue;
      cells.indices.push_back(gene);
      cells.data.push_back(static_cast<float>(0.5 + (gene % 6 == group ? 1.0 + 0.3 * group : 0.0) + rng.uniform()));
    }
    cells.indptr.push_back(std::ssize(cells.indices));
  }
  cells.n_cells = n_cells;
  return cells;
}

/// In batches of a size that does not divide the cells.
EachBatch batches_of(const sparse::CsrMatrix& cells, core::CellIndex size = 37) {
  return [&cells, size](const std::function<void(sparse::CsrView)>& use) {
    for (core::CellIndex first = 0; first < cells.n_cells; first += size) {
      sparse::CsrView part = cells.view();
      part.n_cells = std::min(size, cells.n_cells - first);
      part.indptr = part.indptr.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(part.n_cells) + 1);
      use(part);
    }
  };
}

constexpr PcaOptions kTen{.n_components = 10, .oversampling = 10, .power_iterations = 6};

/// The cosine between a component and one of the reference, whose sign is arbitrary.
double cosine(const Pca& pca, std::int64_t component, const std::vector<double>& reference) {
  double sum = 0;
  for (std::size_t g = 0; g < reference.size(); ++g) {
    const std::size_t at = g * static_cast<std::size_t>(pca.n_components) + static_cast<std::size_t>(component);
    sum += static_cast<double>(pca.components[at]) * reference[g];
  }
  return std::abs(sum);
}

TEST(Pca, EqualsTheExactDecomposition) {
  const sparse::CsrMatrix cells = grouped_cells(500, 90, 1);
  const tests::PcaReference exact(cells);
  const Pca pca = fit_pca(batches_of(cells), cells.n_genes, kTen);
  ASSERT_EQ(pca.n_components, 10);
  EXPECT_EQ(pca.n_cells, 500);
  const double total = std::accumulate(exact.variance.begin(), exact.variance.end(), 0.0);
  EXPECT_NEAR(pca.total_variance, total, 1e-6 * pca.total_variance);
  // Variances are right to the square of the angle that the components are off by.
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_NEAR(pca.variance[i] / exact.variance[i], 1, i < 5 ? 1e-5 : 2e-2) << i;
    // The five directions of the groups are well above the noise, and must be found one by one.
    const double found = cosine(pca, static_cast<std::int64_t>(i), exact.components[i]);
    EXPECT_TRUE(i >= 5 || std::abs(found - 1) <= 1e-5) << i << ": " << found;
    for (std::size_t j = 0; j < 10; ++j) {
      double product = i == j ? -1 : 0;
      for (std::size_t g = 0; g < 90; ++g) {
        product += static_cast<double>(pca.components[g * 10 + i]) * static_cast<double>(pca.components[g * 10 + j]);
      }
      EXPECT_TRUE(std::abs(product) <= 1e-6) << i << " " << j << ": " << product;
    }
  }
}

TEST(Pca, AllComponentsOfFewGenesAreExact) {
  constexpr std::size_t kGenes = 12;
  const sparse::CsrMatrix cells = grouped_cells(200, kGenes, 2);
  const tests::PcaReference exact(cells);
  const Pca pca = fit_pca(batches_of(cells), cells.n_genes, {.n_components = kGenes});
  ASSERT_EQ(pca.n_components, 12);
  for (std::size_t i = 0; i < kGenes; ++i) EXPECT_NEAR(pca.variance[i] / exact.variance[i], 1, 1e-5) << i;
  // All components together give the centred cells back.
  const std::vector<double> dense = tests::centred_genes(cells);
  const std::vector<float> places = pca.project(cells.view());
  for (std::size_t at = 0; at < dense.size(); ++at) {
    double back = 0;
    for (std::size_t i = 0; i < kGenes; ++i) {
      back += static_cast<double>(places[at / kGenes * kGenes + i]) *
              static_cast<double>(pca.components[at % kGenes * kGenes + i]);
    }
    EXPECT_TRUE(std::abs(back - dense[at]) <= 1e-5) << at << ": " << back;
  }
}

TEST(Pca, SignsAndBitsDoNotDependOnThreads) {
  const sparse::CsrMatrix cells = grouped_cells(500, 90, 1);
  const int before = kernels::threads();
  kernels::set_threads(1);
  const Pca one = fit_pca(batches_of(cells), cells.n_genes, kTen);
  kernels::set_threads(3);
  const Pca three = fit_pca(batches_of(cells), cells.n_genes, kTen);
  kernels::set_threads(before);
  EXPECT_EQ(one.components, three.components);
  EXPECT_EQ(one.variance, three.variance);
  for (std::size_t i = 0; i < 10; ++i) {
    float largest = 0;
    for (std::size_t g = 0; g < 90; ++g) {
      if (std::abs(one.components[g * 10 + i]) > std::abs(largest)) largest = one.components[g * 10 + i];
    }
    EXPECT_GT(largest, 0) << i;
  }
}

TEST(Pca, CellsThatSpanLittleGiveFewComponents) {
  // Three different cells over and over: two directions between them.
  const sparse::CsrMatrix three = grouped_cells(3, 40, 3);
  sparse::CsrMatrix cells;
  cells.clear(40);
  for (int i = 0; i < 30; ++i) cells.append_row(three.row(i % 3).indices, three.row(i % 3).data);
  const Pca pca = fit_pca(batches_of(cells), 40, {.n_components = 8});
  EXPECT_EQ(pca.n_components, 2);
  EXPECT_NEAR(pca.variance[0] + pca.variance[1], pca.total_variance, 1e-5 * pca.total_variance);
}

constexpr core::GeneIndex kPlantedGenes = 40;
constexpr std::size_t kPlantedCells = 300;

/// Positive cells with three planted directions of falling variance.
sparse::CsrMatrix planted_cells() {
  core::Rng rng(8);
  std::vector<std::vector<double>> directions(3);
  for (auto& direction : directions) {
    for (core::GeneIndex g = 0; g < kPlantedGenes; ++g) direction.push_back(rng.normal());
  }
  sparse::CsrMatrix cells;
  cells.clear(kPlantedGenes);
  for (std::size_t i = 0; i < kPlantedCells; ++i) {
    const double a = 2 * rng.normal(), b = rng.normal(), c = 0.5 * rng.normal();
    std::vector<core::GeneIndex> genes;
    std::vector<float> values;
    for (core::GeneIndex g = 0; g < kPlantedGenes; ++g) {
      const auto at = static_cast<std::size_t>(g);
      const double value =
          2 + a * directions[0][at] + b * directions[1][at] + c * directions[2][at] + 0.1 * rng.normal();
      if (value <= 0) continue;
      genes.push_back(g);
      values.push_back(static_cast<float>(value));
    }
    cells.append_row(genes, values);
  }
  return cells;
}

TEST(Pca, AreTheLargestEigenvectorsOfTheCovariance) {
  const sparse::CsrMatrix cells = planted_cells();
  const Pca got = fit_pca(cells.view(), {.n_components = 2});
  const tests::PcaReference exact(cells);
  for (std::size_t i = 0; i < 2; ++i) {
    const double found = cosine(got, static_cast<std::int64_t>(i), exact.components[i]);
    EXPECT_TRUE(std::abs(found - 1) <= 1e-5) << found;  // components are floats
    EXPECT_TRUE(std::abs(got.variance[i] - exact.variance[i]) <= 1e-4 * exact.variance[i]);
  }
}

TEST(Pca, ScoresAreAboutTheMean) {
  const sparse::CsrMatrix cells = planted_cells();
  const Pca got = fit_pca(cells.view(), {.n_components = 2});
  const std::vector<float> places = got.project(cells.view());
  ASSERT_EQ(places.size(), 2 * kPlantedCells);
  for (std::size_t component = 0; component < 2; ++component) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < kPlantedCells; ++i) {
      const auto place = static_cast<double>(places[2 * i + component]);
      sum += place;
      squares += place * place;
    }
    EXPECT_TRUE(std::abs(sum / kPlantedCells) <= 1e-4) << sum;
    EXPECT_TRUE(std::abs(squares / (kPlantedCells - 1) - got.variance[component]) <= 1e-4 * got.variance[component]);
  }
}

TEST(Pca, CellsThatDoNotVaryHaveNoComponents) {
  sparse::CsrMatrix cells;
  cells.clear(5);
  for (int i = 0; i < 4; ++i) cells.append_row(std::vector<core::GeneIndex>{2}, std::vector<float>{1});
  const Pca got = fit_pca(cells.view(), {.n_components = 2});
  EXPECT_EQ(got.n_components, 0);
  EXPECT_TRUE(got.project(cells.view()).empty());
}

TEST(Pca, RefusesWhatCannotBe) {
  core::Progress::set_quiet(true);
  const sctab::tests::TemporaryFolder folder;
  const sparse::CsrMatrix one = grouped_cells(1, 20, 5);
  SCTAB_EXPECT_THROW_WITH(fit_pca(batches_of(one), 20, {}), core::InputError, "1 training cell;", "at least 2");
  SCTAB_EXPECT_THROW_WITH(fit_pca(batches_of(one), 20, {.n_components = 0}), core::InputError, "--components: 0",
                          "1 to 2000");
  const store::Store one_cell = sctab::tests::make_tiny_store(folder / "one-cell", {.n_cells = {1, 1, 1}});
  SCTAB_EXPECT_THROW_WITH(fit_pca(one_cell, {}, 1), core::InputError, "one-cell", "at least 2");
  // Cells that express one gene are the same once normalised.
  const store::Store same =
      sctab::tests::make_tiny_store(folder / "same", {.n_genes = 1, .n_train_types = 1, .own_mean = 50});
  SCTAB_EXPECT_THROW_WITH(fit_pca(same, {}, 1), core::InputError, "same", "all training cells are the same");
}

TEST(Pca, CellsThatAreTheSameHaveNoComponents) {
  const sparse::CsrMatrix one = grouped_cells(1, 20, 5);
  for (const int n : {2, 5, 7, 1000}) {
    sparse::CsrMatrix same;
    same.clear(20);
    for (int i = 0; i < n; ++i) same.append_row(one.row(0).indices, one.row(0).data);
    EXPECT_EQ(fit_pca(batches_of(same), 20, {}).n_components, 0) << n;
  }
}

}  // namespace
}  // namespace sctab::linalg
