#include "sctab/kernels/csr_projection.hpp"

#include <gtest/gtest.h>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"

namespace sctab::kernels {
namespace {

using tests::reference::Matrix;

constexpr double kProjectionTolerance = 2e-6;  // of the largest: sums of at most some hundred products in float

struct ProjectionShape {
  std::int64_t n_cells, n_genes, width;
  double density;
};
void PrintTo(const ProjectionShape& shape, std::ostream* out) {
  *out << shape.n_cells << " x " << shape.n_genes << " by " << shape.width << ", density " << shape.density;
}

// Widths around what the vector units hold, and genes and cells around the sizes of tiles and blocks.
class CsrProjection : public testing::TestWithParam<ProjectionShape> {
 protected:
  core::Rng rng_{7};
  sparse::CsrMatrix x_ = tests::random_cells(rng_, GetParam().n_cells, GetParam().n_genes, GetParam().density);
};

TEST_P(CsrProjection, EqualsTheDenseProduct) {
  const auto [n_cells, n_genes, width, density] = GetParam();
  const std::vector<float> weights = tests::random_normal(rng_, n_genes * width);
  std::vector<float> out(static_cast<std::size_t>(n_cells * width), 1e30F);
  csr_projection(x_.view(), weights, width, out);
  Matrix want = product(tests::reference::dense(x_.view()), Matrix(n_genes, width, weights));
  tests::reference::expect_close(out, want, kProjectionTolerance, "x · weights");
  csr_projection_add(x_.view(), weights, width, out);
  for (double& value : want.values) value *= 2;
  tests::reference::expect_close(out, want, kProjectionTolerance, "twice x · weights");
}

TEST_P(CsrProjection, OfTheTransposeIsItsGradient) {
  const auto [n_cells, n_genes, width, density] = GetParam();
  const std::vector<float> dout = tests::random_normal(rng_, n_cells * width);
  sparse::CsrMatrix transpose;
  csr_transpose(x_.view(), transpose);
  std::vector<float> dweights(static_cast<std::size_t>(n_genes * width));
  csr_projection(transpose.view(), dout, width, dweights);
  const Matrix want = product(transposed(tests::reference::dense(x_.view())), Matrix(n_cells, width, dout));
  tests::reference::expect_close(dweights, want, kProjectionTolerance, "xᵀ · dout");
}

TEST_P(CsrProjection, SampledProductIsTheDenseOneAtTheNonZeros) {
  const auto [n_cells, n_genes, width, density] = GetParam();
  const std::vector<float> left = tests::random_normal(rng_, n_cells * width);
  const std::vector<float> right = tests::random_normal(rng_, n_genes * width);
  std::vector<float> values(x_.data.size());
  sampled_product(x_.view(), left, right, width, values);
  const Matrix all = product(Matrix(n_cells, width, left), transposed(Matrix(n_genes, width, right)));
  std::vector<double> want;
  for (std::int64_t cell = 0; cell < n_cells; ++cell) {
    for (const sparse::GeneIndex gene : x_.row(cell).indices) want.push_back(all.at(cell, gene));
  }
  tests::reference::expect_close(values, want, kProjectionTolerance, "left · rightᵀ");
}

INSTANTIATE_TEST_SUITE_P(Shapes, CsrProjection,
                         testing::Values(ProjectionShape{1, 1, 1, 1.0}, ProjectionShape{3, 1, 5, 0.5},
                                         ProjectionShape{5, 300, 127, 0.1}, ProjectionShape{300, 40, 128, 0.2},
                                         ProjectionShape{257, 129, 129, 0.1}, ProjectionShape{9, 700, 384, 0.1},
                                         ProjectionShape{33, 50, 64, 1.0}, ProjectionShape{8, 20, 16, 0.0},
                                         ProjectionShape{2, 70'000, 1, 0.01}));

TEST(CsrProjectionEdges, AcceptsNoCells) {
  sparse::CsrMatrix x, transpose;
  x.clear(3);
  const std::vector<float> weights(6, 1.0F);
  csr_projection(x.view(), weights, 2, {});
  csr_transpose(x.view(), transpose);
  EXPECT_EQ(transpose.n_cells, 3);
  EXPECT_EQ(transpose.indptr, std::vector<std::int64_t>(4, 0));
}

TEST(CsrProjectionEdges, LetsNanThrough) {
  sparse::CsrMatrix x;
  x.clear(2);
  x.append_row(std::vector<sparse::GeneIndex>{1}, std::vector<float>{NAN});
  std::vector<float> out(20, 0.0F);
  csr_projection(x.view(), std::vector<float>(40, 1.0F), 20, out);
  for (const float value : out) EXPECT_TRUE(std::isnan(value));
}

TEST(CsrProjectionEdges, ReadsRowsOfALargerMatrix) {
  core::Rng rng(3);
  const sparse::CsrMatrix all = tests::random_cells(rng, 12, 30, 0.3);
  const std::vector<float> weights = tests::random_normal(rng, 30 * 8);
  std::vector<float> whole(12 * 8), part(5 * 8);
  csr_projection(all.view(), weights, 8, whole);
  csr_projection(rows_of(all.view(), 4, 9), weights, 8, part);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 4 * 8));
}

TEST(CsrTranspose, TwiceGivesTheSameMatrix) {
  core::Rng rng(5);
  const sparse::CsrMatrix x = tests::random_cells(rng, 61, 90, 0.2);
  sparse::CsrMatrix once, twice;
  csr_transpose(x.view(), once);
  csr_transpose(once.view(), twice);
  EXPECT_EQ(twice.indptr, x.indptr);
  EXPECT_EQ(twice.indices, x.indices);
  EXPECT_EQ(twice.data, x.data);
}

TEST(CsrTranspose, ReadsRowsOfALargerMatrix) {
  core::Rng rng(6);
  const sparse::CsrMatrix all = tests::random_cells(rng, 20, 11, 0.4);
  sparse::CsrMatrix transpose;
  csr_transpose(rows_of(all.view(), 8, 13), transpose);
  const Matrix want = tests::reference::transposed(tests::reference::dense(rows_of(all.view(), 8, 13)));
  EXPECT_EQ(tests::reference::dense(transpose.view()).values, want.values);
}

}  // namespace
}  // namespace sctab::kernels
