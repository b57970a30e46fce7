#include "sctab/kernels/gene_layer.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"
#include "sctab/kernels/csr_projection.hpp"

namespace sctab::kernels {
namespace {

using tests::reference::Matrix;

constexpr double kLayerTolerance = 3e-6;  // of the largest: float sums of at most some thousand terms

struct LayerShape {
  std::int64_t n_cells, n_genes, width;
};
void PrintTo(const LayerShape& shape, std::ostream* out) {
  *out << shape.n_cells << " x " << shape.n_genes << " by " << shape.width;
}

class GeneLayers : public testing::TestWithParam<LayerShape> {
 protected:
  static constexpr double kDensity = 0.15;
  core::Rng rng_{13};
  LayerShape shape_ = GetParam();
  sparse::CsrMatrix x_ = tests::random_cells(rng_, shape_.n_cells, shape_.n_genes, kDensity);
  sparse::CsrMatrix mask_ = tests::random_mask(rng_, shape_.n_cells, shape_.n_genes, 0.05);
  std::vector<float> scale_ = tests::random_normal(rng_, shape_.n_genes),
                     shift_ = tests::random_normal(rng_, shape_.n_genes);
  std::vector<float> weights_ = tests::random_normal(rng_, shape_.n_genes* shape_.width);
  std::vector<float> dout_ = tests::random_normal(rng_, shape_.n_cells* shape_.width);
  std::vector<float> dscale_ = std::vector<float>(scale_.size()), dshift_ = dscale_;
  std::vector<float> dweights_ = std::vector<float>(weights_.size());

  [[nodiscard]] GeneLayer layer() const { return {scale_, shift_, weights_, shape_.width}; }
  GeneLayerGradient gradient() { return {dscale_, dshift_, dweights_}; }

  // scale · x + shift, and its gradient's way back.
  [[nodiscard]] Matrix normalised() const {
    Matrix x = tests::reference::dense(x_.view());
    for (std::int64_t cell = 0; cell < x.n_rows; ++cell) {
      for (std::int64_t gene = 0; gene < x.n_columns; ++gene) {
        const auto g = static_cast<std::size_t>(gene);
        x.at(cell, gene) = x.at(cell, gene) * static_cast<double>(scale_[g]) + static_cast<double>(shift_[g]);
      }
    }
    return x;
  }
  void expect_gradients(const Matrix& input, const Matrix& dnormalised) {
    const Matrix x = tests::reference::dense(x_.view());
    std::vector<double> dscale(scale_.size()), dshift(scale_.size());
    for (std::int64_t cell = 0; cell < x.n_rows; ++cell) {
      for (std::int64_t gene = 0; gene < x.n_columns; ++gene) {
        dscale[static_cast<std::size_t>(gene)] += dnormalised.at(cell, gene) * x.at(cell, gene);
        dshift[static_cast<std::size_t>(gene)] += dnormalised.at(cell, gene);
      }
    }
    tests::reference::expect_close(dscale_, dscale, kLayerTolerance, "scale");
    tests::reference::expect_close(dshift_, dshift, kLayerTolerance, "shift");
    tests::reference::expect_close(dweights_, product(transposed(input), Matrix(x.n_rows, shape_.width, dout_)),
                                   kLayerTolerance, "weights");
  }
};

TEST_P(GeneLayers, ProjectionAndItsGradientEqualTheDenseOnes) {
  const Matrix weights(shape_.n_genes, shape_.width, weights_), dout(shape_.n_cells, shape_.width, dout_);
  std::vector<float> out(dout_.size(), NAN);
  gene_projection(x_.view(), layer(), out);
  tests::reference::expect_close(out, product(normalised(), weights), kLayerTolerance, "out");
  sparse::CsrMatrix by_gene;
  csr_transpose(x_.view(), by_gene);
  gene_projection_backward(by_gene.view(), layer(), dout_, gradient());
  expect_gradients(normalised(), product(dout, transposed(weights)));
}

TEST_P(GeneLayers, MaskedProjectionAndItsGradientEqualTheDenseOnes) {
  const Matrix weights(shape_.n_genes, shape_.width, weights_), dout(shape_.n_cells, shape_.width, dout_);
  const Matrix mask = tests::reference::dense(mask_.view()), x = normalised();
  Matrix input = mask, dnormalised = product(dout, transposed(weights));
  std::vector<double> dmask;
  for (std::int64_t cell = 0; cell < shape_.n_cells; ++cell) {
    for (const sparse::GeneIndex gene : mask_.row(cell).indices)
      dmask.push_back(dnormalised.at(cell, gene) * x.at(cell, gene));
  }
  for (std::size_t i = 0; i < input.values.size(); ++i) {
    input.values[i] *= x.values[i];
    dnormalised.values[i] *= mask.values[i];
  }
  std::vector<float> out(dout_.size(), NAN), got_dmask(dmask.size());
  masked_gene_projection(x_.view(), mask_.view(), layer(), out);
  tests::reference::expect_close(out, product(input, weights), kLayerTolerance, "out");
  masked_gene_projection_backward(x_.view(), mask_.view(), layer(), dout_, gradient(), got_dmask);
  tests::reference::expect_close(got_dmask, dmask, kLayerTolerance, "mask");
  expect_gradients(input, dnormalised);
}

// Root mean squares of a difference, in parts of those of `want`.
double relative_error(std::span<const float> got, std::span<const double> want) {
  double squares = 0, total = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    squares += std::pow(static_cast<double>(got[i]) - want[i], 2);
    total += want[i] * want[i];
  }
  return std::sqrt(squares / total);
}

// Genes as many as scTab's, normalised as batch norm does: the sum over a cell's 2,000 non-zeros and that of all
// genes' shifts are each several times larger than the result.
TEST(GeneLayerOfScTabsSize, LosesNoMoreThanADenseProductInFloat) {
  constexpr std::int64_t kCells = 4, kGenes = 20000, kWidth = 24;
  core::Rng rng(17);
  const sparse::CsrMatrix x = tests::random_cells(rng, kCells, kGenes, 0.1);
  const std::vector<float> scale = tests::random_uniform(rng, kGenes, 1, 3),
                           mean = tests::random_uniform(rng, kGenes, 0, 0.3),
                           weights = tests::random_normal(rng, kGenes * kWidth);
  std::vector<float> shift(kGenes);
  for (std::size_t j = 0; j < shift.size(); ++j) shift[j] = -scale[j] * mean[j];
  const GeneLayer layer{scale, shift, weights, kWidth};
  std::vector<double> constant(kWidth), want;
  for (std::int64_t gene = 0; gene < kGenes; ++gene) {
    for (std::int64_t c = 0; c < kWidth; ++c) {
      constant[static_cast<std::size_t>(c)] +=
          static_cast<double>(shift[static_cast<std::size_t>(gene)]) *
          static_cast<double>(weights[static_cast<std::size_t>(gene * kWidth + c)]);
    }
  }
  for (std::int64_t cell = 0; cell < kCells; ++cell) {
    std::vector<double> sums = constant;
    const sparse::RowView row = x.view().row(cell);
    for (std::size_t i = 0; i < row.indices.size(); ++i) {
      const auto gene = static_cast<std::size_t>(row.indices[i]);
      const double value = static_cast<double>(row.data[i]) * static_cast<double>(scale[gene]);
      for (std::size_t c = 0; c < sums.size(); ++c)
        sums[c] += value * static_cast<double>(weights[gene * sums.size() + c]);
    }
    want.insert(want.end(), sums.begin(), sums.end());
  }
  std::vector<float> out(static_cast<std::size_t>(kCells * kWidth));
  gene_projection(x.view(), layer, out);
  // torch's dense product is off by 2.8e-7, one running sum by 8e-7; sums of sums by 1.8e-7.
  EXPECT_LT(relative_error(out, want), 2.8e-7);
  EXPECT_LT(relative_error(project_shift(layer), constant), 5e-8);  // rounded once
}

INSTANTIATE_TEST_SUITE_P(Shapes, GeneLayers,
                         testing::Values(LayerShape{1, 1, 1}, LayerShape{7, 1, 6}, LayerShape{5, 63, 127},
                                         LayerShape{9, 64, 128}, LayerShape{257, 65, 129}, LayerShape{30, 2100, 8},
                                         LayerShape{3, 200, 384}));

}  // namespace
}  // namespace sctab::kernels
