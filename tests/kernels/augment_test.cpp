#include "sctab/kernels/augment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/augment_reference.hpp"
#include "kernels/random_matrices.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/sparse/normalise.hpp"
#include "support/random_csr.hpp"

namespace sctab::kernels {
namespace {

TEST(AugmentReference, EqualsTheDenseDefinition) {
  core::Rng rng(1);
  constexpr sparse::GeneIndex kGenes = 129;
  sparse::CsrMatrix cells = tests::random_counts(rng, 30, kGenes, 0.2);
  sparse::log_normalise(cells);
  sparse::CsrMatrix vectors = tests::random_counts(rng, 5, kGenes, 0.3);
  for (float& value : vectors.data) value = static_cast<float>(3 * rng.normal());
  std::vector<std::int64_t> index;
  std::vector<float> sign;
  for (sparse::CellIndex cell = 0; cell < cells.n_cells; ++cell) {
    index.push_back(static_cast<std::int64_t>(rng.below(5)));
    sign.push_back(rng.uniform() < 0.5 ? -1.0F : 1.0F);
  }
  const sparse::CsrMatrix got = tests::reference::augment(cells.view(), {vectors.view(), index, sign});

  std::vector<float> x(30 * kGenes);
  std::vector<float> v(5 * kGenes);
  std::vector<float> dense(30 * kGenes);
  sparse::to_dense(cells.view(), x);
  sparse::to_dense(vectors.view(), v);
  sparse::to_dense(got.view(), dense);
  for (std::size_t i = 0; i < dense.size(); ++i) {
    const std::size_t cell = i / kGenes;
    const float sum = x[i] + sign[cell] * v[static_cast<std::size_t>(index[cell]) * kGenes + i % kGenes];
    EXPECT_EQ(dense[i], std::clamp(sum, 0.0F, 9.0F)) << i;
  }
  EXPECT_EQ(std::count(got.data.begin(), got.data.end(), 0.0F), 0);
}

TEST(AugmentReference, TakesEmptyCellsAndEmptyVectors) {
  const sparse::CsrMatrix cells{.n_cells = 2, .n_genes = 2, .indptr = {0, 0, 1}, .indices = {1}, .data = {8}};
  const sparse::CsrMatrix vectors{.n_cells = 2, .n_genes = 2, .indptr = {0, 2, 2}, .indices = {0, 1}, .data = {-1, 2}};
  const sparse::CsrMatrix got = tests::reference::augment(
      cells.view(), {vectors.view(), std::vector<std::int64_t>{0, 1}, std::vector<float>{1, -1}});
  EXPECT_EQ(got.indptr, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(got.data, (std::vector<float>{2, 8}));
}

struct AugmentShape {
  std::int64_t n_cells, n_genes, n_vectors;
  double density;
};
void PrintTo(const AugmentShape& shape, std::ostream* out) {
  *out << shape.n_cells << " x " << shape.n_genes << ", " << shape.n_vectors << " vectors, density " << shape.density;
}

class Augment : public testing::TestWithParam<AugmentShape> {
 protected:
  void SetUp() override {
    const auto [n_cells, n_genes, n_vectors, density] = GetParam();
    core::Rng rng(41);
    cells_ = tests::random_cells(rng, n_cells, n_genes, 0.3);
    vectors_ = tests::random_cells(rng, n_vectors, n_genes, density);
    for (float& value : vectors_.data) value = static_cast<float>(4 * rng.normal());
    for (std::int64_t cell = 0; cell < n_cells; ++cell) {
      index_.push_back(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(n_vectors))));
      sign_.push_back(rng.uniform() < 0.5 ? -1.0F : 1.0F);
      // Some sums are exactly zero.
      const sparse::RowView vector = vectors_.row(index_.back());
      for (std::size_t i = 0; i < vector.indices.size(); i += 3) {
        const auto begin = static_cast<std::size_t>(cells_.indptr[static_cast<std::size_t>(cell)]);
        for (std::size_t j = 0; j < cells_.row(cell).indices.size(); ++j) {
          if (cells_.indices[begin + j] == vector.indices[i]) cells_.data[begin + j] = -sign_.back() * vector.data[i];
        }
      }
    }
  }
  void expect_equal(const sparse::CsrMatrix& got) const {
    const sparse::CsrMatrix want = tests::reference::augment(cells_.view(), {vectors_.view(), index_, sign_});
    EXPECT_EQ(got.n_cells, want.n_cells);
    EXPECT_EQ(got.n_genes, want.n_genes);
    EXPECT_EQ(got.indptr, want.indptr);
    EXPECT_EQ(got.indices, want.indices);
    EXPECT_EQ(got.data, want.data);
  }

  sparse::CsrMatrix cells_, vectors_;
  std::vector<std::int64_t> index_;
  std::vector<float> sign_;
};

TEST_P(Augment, EqualsTheReferenceToTheBitForAnyThreadsAndReusedMemory) {
  const int before = threads();
  sparse::CsrMatrix out = vectors_;
  for (const int n_threads : {1, 2, 3, 4, 1}) {
    set_threads(n_threads);
    augment(cells_.view(), {vectors_.view(), index_, sign_}, out);
    expect_equal(out);
  }
  set_threads(before);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Augment,
                         testing::Values(AugmentShape{1, 1, 1, 1.0}, AugmentShape{7, 15, 2, 0.5},
                                         AugmentShape{8, 16, 1, 0.0}, AugmentShape{9, 17, 3, 1.0},
                                         AugmentShape{300, 129, 40, 0.5}, AugmentShape{64, 3000, 20, 0.03}));

TEST(AugmentEdges, NoCellsGiveNoCells) {
  const sparse::CsrMatrix vectors{.n_cells = 1, .n_genes = 2, .indptr = {0, 1}, .indices = {1}, .data = {1}};
  sparse::CsrMatrix cells, out = vectors;
  cells.clear(2);
  augment(cells.view(), {vectors.view(), {}, {}}, out);
  EXPECT_EQ(out.n_cells, 0);
  EXPECT_EQ(out.indptr, std::vector<std::int64_t>{0});
  EXPECT_TRUE(out.data.empty());
}

TEST(AugmentEdges, NanIsNotLost) {
  const sparse::CsrMatrix cells{.n_cells = 2, .n_genes = 3, .indptr = {0, 1, 2}, .indices = {1, 2}, .data = {NAN, 1}};
  const sparse::CsrMatrix vectors{.n_cells = 1, .n_genes = 3, .indptr = {0, 1}, .indices = {0}, .data = {NAN}};
  sparse::CsrMatrix out;
  augment(cells.view(), {vectors.view(), std::vector<std::int64_t>{0, 0}, std::vector<float>{1, -1}}, out);
  ASSERT_EQ(out.indices, (std::vector<sparse::GeneIndex>{0, 1, 0, 2}));
  EXPECT_TRUE(std::isnan(out.data[0]) && std::isnan(out.data[1]) && std::isnan(out.data[2]));
  EXPECT_EQ(out.data[3], 1);
}

}  // namespace
}  // namespace sctab::kernels
