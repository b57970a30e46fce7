#include "sctab/baselines/pca.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "sctab/core/error.hpp"
#include "sctab/core/rng.hpp"
#include "support/fixtures.hpp"

namespace sctab::baselines {
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

at::Tensor centred(const sparse::CsrMatrix& cells) {
  at::Tensor dense = at::empty({cells.n_cells, cells.n_genes});
  sparse::to_dense(cells.view(), {dense.data_ptr<float>(), static_cast<std::size_t>(dense.numel())});
  dense = dense.to(at::kDouble);
  return dense - dense.mean(0);
}

at::Tensor matrix(const std::vector<float>& values, std::int64_t n_columns) {
  return at::from_blob(const_cast<float*>(values.data()), {std::ssize(values) / n_columns, n_columns}).to(at::kDouble);
}

/// The exact decomposition of the dense, centred matrix, by LAPACK in double.
struct Exact {
  at::Tensor variance, components;  // components: one a row
  explicit Exact(const at::Tensor& dense) {
    const auto [u, s, vh] = at::linalg_svd(dense, false);
    variance = s.square() / static_cast<double>(dense.size(0) - 1);
    components = vh;
  }
};

constexpr PcaOptions kTen{.n_components = 10, .oversampling = 10, .power_iterations = 6};

TEST(Pca, EqualsTheExactDecomposition) {
  const sparse::CsrMatrix cells = grouped_cells(500, 90, 1);
  const Exact exact(centred(cells));
  const Pca pca = fit_pca(batches_of(cells), cells.n_genes, kTen);
  ASSERT_EQ(pca.n_components, 10);
  EXPECT_EQ(pca.n_cells, 500);
  EXPECT_NEAR(pca.total_variance, exact.variance.sum().item<double>(), 1e-6 * pca.total_variance);
  const at::Tensor components = matrix(pca.components, 10);
  // Variances are right to the square of the angle that the components are off by.
  for (std::int64_t i = 0; i < 10; ++i) {
    const double want = exact.variance[i].item<double>(), got = pca.variance[static_cast<std::size_t>(i)];
    EXPECT_NEAR(got / want, 1, i < 5 ? 1e-5 : 2e-2) << i;
    // The five directions of the groups stand clear of the noise, and must be found one by one.
    const double cosine = std::abs(components.select(1, i).dot(exact.components[i]).item<double>());
    EXPECT_TRUE(i >= 5 || std::abs(cosine - 1) <= 1e-5) << i << ": " << cosine;
  }
  EXPECT_TRUE(at::allclose(components.t().matmul(components), at::eye(10, at::kDouble), 0, 1e-6));
}

TEST(Pca, AllComponentsOfFewGenesAreExact) {
  const sparse::CsrMatrix cells = grouped_cells(200, 12, 2);
  const at::Tensor dense = centred(cells);
  const Exact exact(dense);
  const Pca pca = fit_pca(batches_of(cells), cells.n_genes, {.n_components = 12});
  ASSERT_EQ(pca.n_components, 12);
  for (std::int64_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(pca.variance[static_cast<std::size_t>(i)] / exact.variance[i].item<double>(), 1, 1e-5) << i;
  }
  std::vector<float> scores(static_cast<std::size_t>(200 * 12));
  pca.project(cells.view(), scores);
  const at::Tensor back = matrix(scores, 12).matmul(matrix(pca.components, 12).t());
  EXPECT_TRUE(at::allclose(back, dense, 0, 1e-5)) << (back - dense).abs().max().item<double>();
}

TEST(Pca, SignsAndBitsDoNotDependOnThreads) {
  const sparse::CsrMatrix cells = grouped_cells(500, 90, 1);
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const Pca one = fit_pca(batches_of(cells), cells.n_genes, kTen);
  omp_set_num_threads(3);
  const Pca three = fit_pca(batches_of(cells), cells.n_genes, kTen);
  omp_set_num_threads(before);
  EXPECT_EQ(one.components, three.components);
  EXPECT_EQ(one.variance, three.variance);
  const at::Tensor components = matrix(one.components, 10);
  const at::Tensor largest = components.gather(0, components.abs().argmax(0, true));
  EXPECT_TRUE(largest.gt(0).all().item<bool>());
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

TEST(Pca, SurvivesTheWayThroughAFile) {
  const tests::TemporaryFolder folder;
  const sparse::CsrMatrix cells = grouped_cells(60, 20, 4);
  const Pca pca = fit_pca(batches_of(cells), 20, {.n_components = 5});
  nn::ModelArrays arrays;
  pca.add_to(arrays);
  arrays.write(folder / "pca.safetensors");
  const auto read = nn::ModelArrays::read(folder / "pca.safetensors");
  const Pca back = Pca::from(read, 20, 5);
  std::vector<float> want(60 * 5), got(60 * 5);
  pca.project(cells.view(), want);
  back.project(cells.view(), got);
  EXPECT_EQ(got, want);
  SCTAB_EXPECT_THROW_WITH(Pca::from(read, 20, 4), core::InputError, "pca.safetensors", "[20, 4]");
}

TEST(Pca, RefusesWhatCannotBe) {
  const sparse::CsrMatrix one = grouped_cells(1, 20, 5);
  SCTAB_EXPECT_THROW_WITH(fit_pca(batches_of(one), 20, {}), core::InputError, "at least 2");
  SCTAB_EXPECT_THROW_WITH(fit_pca(batches_of(one), 20, {.n_components = 0}), core::InputError, "--components is 0",
                          "1 to 2000");
  sparse::CsrMatrix same;
  same.clear(20);
  for (int i = 0; i < 5; ++i) same.append_row(one.row(0).indices, one.row(0).data);
  SCTAB_EXPECT_THROW_WITH(fit_pca(batches_of(same), 20, {}), core::InputError, "the same");
}

}  // namespace
}  // namespace sctab::baselines
