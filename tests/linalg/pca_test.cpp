#include "sctab/linalg/pca.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <Eigen/SVD>

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

using Dense = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::MatrixXd centred(const sparse::CsrMatrix& cells) {
  Dense dense(cells.n_cells, cells.n_genes);
  sparse::to_dense(cells.view(), {dense.data(), static_cast<std::size_t>(dense.size())});
  const Eigen::MatrixXd all = dense.cast<double>();
  return all.rowwise() - all.colwise().mean();
}

Eigen::MatrixXd matrix(const std::vector<float>& values, std::int64_t n_columns) {
  return Eigen::Map<const Dense>(values.data(), std::ssize(values) / n_columns, n_columns).cast<double>();
}

/// The exact decomposition of the dense, centred matrix, in double.
struct Exact {
  Eigen::VectorXd variance;
  Eigen::MatrixXd components;  // one per column
  explicit Exact(const Eigen::MatrixXd& dense) {
    const Eigen::BDCSVD<Eigen::MatrixXd> svd(dense, Eigen::ComputeThinV);
    variance = svd.singularValues().array().square() / static_cast<double>(dense.rows() - 1);
    components = svd.matrixV();
  }
};

constexpr PcaOptions kTen{.n_components = 10, .oversampling = 10, .power_iterations = 6};

TEST(Pca, EqualsTheExactDecomposition) {
  const sparse::CsrMatrix cells = grouped_cells(500, 90, 1);
  const Exact exact(centred(cells));
  const Pca pca = fit_pca(batches_of(cells), cells.n_genes, kTen);
  ASSERT_EQ(pca.n_components, 10);
  EXPECT_EQ(pca.n_cells, 500);
  EXPECT_NEAR(pca.total_variance, exact.variance.sum(), 1e-6 * pca.total_variance);
  const Eigen::MatrixXd components = matrix(pca.components, 10);
  // Variances are right to the square of the angle that the components are off by.
  for (std::int64_t i = 0; i < 10; ++i) {
    EXPECT_NEAR(pca.variance[static_cast<std::size_t>(i)] / exact.variance[i], 1, i < 5 ? 1e-5 : 2e-2) << i;
    // The five directions of the groups are well above the noise, and must be found one by one.
    const double cosine = std::abs(components.col(i).dot(exact.components.col(i)));
    EXPECT_TRUE(i >= 5 || std::abs(cosine - 1) <= 1e-5) << i << ": " << cosine;
  }
  const Eigen::MatrixXd products = components.transpose() * components;
  EXPECT_TRUE((products - Eigen::MatrixXd::Identity(10, 10)).array().abs().maxCoeff() <= 1e-6) << products;
}

TEST(Pca, AllComponentsOfFewGenesAreExact) {
  const sparse::CsrMatrix cells = grouped_cells(200, 12, 2);
  const Eigen::MatrixXd dense = centred(cells);
  const Exact exact(dense);
  const Pca pca = fit_pca(batches_of(cells), cells.n_genes, {.n_components = 12});
  ASSERT_EQ(pca.n_components, 12);
  for (std::int64_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(pca.variance[static_cast<std::size_t>(i)] / exact.variance[i], 1, 1e-5) << i;
  }
  const Eigen::MatrixXd back = matrix(pca.project(cells.view()), 12) * matrix(pca.components, 12).transpose();
  EXPECT_TRUE((back - dense).array().abs().maxCoeff() <= 1e-5) << (back - dense).array().abs().maxCoeff();
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
  const Eigen::MatrixXd components = matrix(one.components, 10);
  for (std::int64_t i = 0; i < 10; ++i) {
    EXPECT_TRUE(components.col(i).maxCoeff() > -components.col(i).minCoeff()) << i;
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

/// The covariance of genes, in plain loops.
std::vector<double> covariance(const sparse::CsrMatrix& cells) {
  std::vector<float> x(kPlantedCells * kPlantedGenes);
  sparse::to_dense(cells.view(), x);
  std::vector<double> mean(kPlantedGenes, 0.0), all(kPlantedGenes * kPlantedGenes, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) mean[i % kPlantedGenes] += static_cast<double>(x[i]) / kPlantedCells;
  for (std::size_t i = 0; i < kPlantedCells; ++i) {
    for (std::size_t g = 0; g < kPlantedGenes; ++g) {
      for (std::size_t h = 0; h < kPlantedGenes; ++h) {
        all[g * kPlantedGenes + h] += (static_cast<double>(x[i * kPlantedGenes + g]) - mean[g]) *
                                      (static_cast<double>(x[i * kPlantedGenes + h]) - mean[h]) / (kPlantedCells - 1);
      }
    }
  }
  return all;
}

TEST(Pca, AreTheLargestEigenvectorsOfTheCovariance) {
  const sparse::CsrMatrix cells = planted_cells();
  const Pca got = fit_pca(cells.view(), {.n_components = 2});
  std::vector<double> matrix = covariance(cells);
  for (std::size_t component = 0; component < 2; ++component) {
    // Power iteration, and what it found taken out of the matrix for the next.
    std::vector<double> v(kPlantedGenes, 1.0);
    double length = 0;
    for (int iteration = 0; iteration < 2000; ++iteration) {
      std::vector<double> next(kPlantedGenes, 0.0);
      for (std::size_t g = 0; g < kPlantedGenes; ++g) {
        for (std::size_t h = 0; h < kPlantedGenes; ++h) next[g] += matrix[g * kPlantedGenes + h] * v[h];
      }
      length = 0;
      for (const double value : next) length += value * value;
      length = std::sqrt(length);
      for (std::size_t g = 0; g < kPlantedGenes; ++g) v[g] = next[g] / length;
    }
    double cosine = 0, largest = 0;
    for (std::size_t g = 0; g < kPlantedGenes; ++g) {
      const auto entry = static_cast<double>(got.components[g * 2 + component]);
      cosine += v[g] * entry;
      if (std::abs(entry) > std::abs(largest)) largest = entry;
      for (std::size_t h = 0; h < kPlantedGenes; ++h) matrix[g * kPlantedGenes + h] -= length * v[g] * v[h];
    }
    EXPECT_TRUE(std::abs(std::abs(cosine) - 1) <= 1e-5) << cosine;  // components are floats
    EXPECT_TRUE(std::abs(got.variance[component] - length) <= 1e-4 * length);
    EXPECT_GT(largest, 0);
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
  const tests::TemporaryFolder folder;
  const sparse::CsrMatrix one = grouped_cells(1, 20, 5);
  SCTAB_EXPECT_THROW_WITH(fit_pca(batches_of(one), 20, {}), core::InputError, "1 training cell;", "at least 2");
  SCTAB_EXPECT_THROW_WITH(fit_pca(batches_of(one), 20, {.n_components = 0}), core::InputError, "--components: 0",
                          "1 to 2000");
  const store::Store one_cell = tests::make_tiny_store(folder / "one-cell", {.n_cells = {1, 1, 1}});
  SCTAB_EXPECT_THROW_WITH(fit_pca(one_cell, {}, 1), core::InputError, "one-cell", "at least 2");
  // Cells that express one gene are the same once normalised.
  const store::Store same = tests::make_tiny_store(folder / "same", {.n_genes = 1, .n_train_types = 1, .own_mean = 50});
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
