#include "sctab/kernels/half_matrix.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/gene_layer.hpp"

namespace sctab::kernels {
namespace {

using tests::reference::Matrix;

// Half a step of 11 bits of mantissa.
constexpr double kHalfRounding = 0x1p-11;
constexpr double kFloatTolerance = 3e-6;  // of the largest, as in the tests of the float kernels

float from_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16, magnitude = half & 0x7fffU;
  if (magnitude >= 0x7c00U) return std::bit_cast<float>(sign | 0x7f800000U | (magnitude & 0x3ffU) << 13);
  if (magnitude < 0x400U) return (sign != 0 ? -0x1p-24F : 0x1p-24F) * static_cast<float>(magnitude);
  return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000U));
}

float value(const HalfMatrix& matrix, std::int64_t row, std::int64_t column) {
  return from_half(matrix.halves()[row * matrix.width() + column]) * matrix.row_scale()[static_cast<std::size_t>(row)];
}

TEST(Half, EveryOneComesBack) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = from_half(half);
    if ((bits & 0x7fffU) > 0x7c00U) {
      EXPECT_TRUE(std::isnan(value) && std::isnan(from_half(to_half(value)))) << bits;
    } else {
      EXPECT_EQ(to_half(value), half) << bits;
    }
  }
}

TEST(Half, RoundsToNearestAndTiesToEven) {
  for (std::uint32_t bits = 0; bits < 0x7bff; ++bits) {  // up to the largest but one: between neighbours
    const auto low = static_cast<std::uint16_t>(bits), high = static_cast<std::uint16_t>(bits + 1);
    const float middle = (from_half(low) + from_half(high)) / 2;  // exact: one more bit of mantissa
    EXPECT_EQ(to_half(middle), bits % 2 == 0 ? low : high) << bits;
    EXPECT_EQ(to_half(std::nextafter(middle, 0.0F)), low) << bits;
    EXPECT_EQ(to_half(-std::nextafter(middle, 1e9F)), high | 0x8000) << bits;
  }
  EXPECT_EQ(to_half(65519.0F), 0x7bff);
  EXPECT_EQ(to_half(65520.0F), 0x7c00);  // infinite
  EXPECT_EQ(to_half(1e30F), 0x7c00);
  EXPECT_EQ(to_half(-std::numeric_limits<float>::infinity()), 0xfc00);
  EXPECT_EQ(to_half(1e-30F), 0);
}

TEST(HalfMatrix, KeepsElevenBitsForAnySizeOfARow) {
  core::Rng rng(17);
  for (const double size : {1e-30, 1e-9, 1.0, 1e9, 1e30}) {
    const std::vector<float> values = tests::random_normal(rng, 40 * 33, size);
    const HalfMatrix half(values, 33);
    ASSERT_EQ(half.n_rows(), 40);
    for (std::int64_t i = 0; i < 40 * 33; ++i) {
      const auto want = static_cast<double>(values[static_cast<std::size_t>(i)]);
      const auto got = static_cast<double>(value(half, i / 33, i % 33));
      EXPECT_TRUE(std::abs(got - want) <= kHalfRounding * std::abs(want) + size * 0x1p-36) << got << " for " << want;
    }
  }
}

TEST(HalfMatrix, KeepsNanInfinityAndZero) {
  const float infinite = std::numeric_limits<float>::infinity();
  const HalfMatrix half(std::vector<float>{NAN, 1000, -infinite, 0, 0, 0}, 3);
  EXPECT_TRUE(std::isnan(value(half, 0, 0)));
  EXPECT_EQ(value(half, 0, 1), 1000);
  EXPECT_EQ(value(half, 0, 2), -infinite);
  for (int c = 0; c < 3; ++c) EXPECT_EQ(value(half, 1, c), 0);
}

struct HalfShape {
  std::int64_t n_cells, n_genes, width;
};
void PrintTo(const HalfShape& shape, std::ostream* out) {
  *out << shape.n_cells << " x " << shape.n_genes << " by " << shape.width;
}

class HalfProjection : public testing::TestWithParam<HalfShape> {
 protected:
  core::Rng rng_{23};
  HalfShape shape_ = GetParam();
  sparse::CsrMatrix x_ = tests::random_cells(rng_, shape_.n_cells, shape_.n_genes, 0.15);
  sparse::CsrMatrix mask_ = tests::random_mask(rng_, shape_.n_cells, shape_.n_genes, 0.05);
  std::vector<float> weights_ = tests::random_normal(rng_, shape_.n_genes* shape_.width);
  std::vector<float> scale_ = tests::random_normal(rng_, shape_.n_genes),
                     shift_ = tests::random_normal(rng_, shape_.n_genes);
  std::vector<float> out_ = std::vector<float>(static_cast<std::size_t>(shape_.n_cells * shape_.width), NAN);

  // The weights as the half matrix has them: with these the kernels err as in float.
  [[nodiscard]] Matrix stored() const {
    const HalfMatrix half(weights_, shape_.width);
    Matrix out(shape_.n_genes, shape_.width);
    for (std::int64_t gene = 0; gene < shape_.n_genes; ++gene) {
      for (std::int64_t c = 0; c < shape_.width; ++c) out.at(gene, c) = static_cast<double>(value(half, gene, c));
    }
    return out;
  }
  // Every output within 2^-11 of the sum of the sizes of its terms, besides what float costs.
  void expect_within_rounding(const Matrix& input, const Matrix& want) const {
    Matrix sizes = input, weight_sizes(shape_.n_genes, shape_.width, weights_);
    for (double& value : sizes.values) value = std::abs(value);
    for (double& value : weight_sizes.values) value = std::abs(value);
    const Matrix terms = product(sizes, weight_sizes);
    double largest = 1;
    for (const double value : want.values) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < out_.size(); ++i) {
      const double error = std::abs(static_cast<double>(out_[i]) - want.values[i]);
      ASSERT_TRUE(error <= kHalfRounding * terms.values[i] + kFloatTolerance * largest)
          << i << ": " << out_[i] << ", expected " << want.values[i];
    }
  }
};

TEST_P(HalfProjection, EqualsTheDenseProductOfTheRoundedWeights) {
  const Matrix x = tests::reference::dense(x_.view());
  const std::vector<float> ones(scale_.size(), 1.0F), zeros(scale_.size(), 0.0F);
  gene_projection_half(x_.view(), HalfGeneLayer({ones, zeros, weights_, shape_.width}), out_);
  tests::reference::expect_close(out_, product(x, stored()), kFloatTolerance, "x · weights");
  expect_within_rounding(x, product(x, Matrix(shape_.n_genes, shape_.width, weights_)));
}

TEST_P(HalfProjection, OfAGeneLayerRoundsTheWeightsAlone) {
  const GeneLayer layer{scale_, shift_, weights_, shape_.width};
  Matrix scaled = tests::reference::dense(x_.view()), shifts(shape_.n_cells, shape_.n_genes);
  for (std::size_t i = 0; i < scaled.values.size(); ++i) {
    const std::size_t gene = i % scale_.size();
    scaled.values[i] *= static_cast<double>(scale_[gene]);
    shifts.values[i] = static_cast<double>(shift_[gene]);
  }
  const Matrix weights(shape_.n_genes, shape_.width, weights_), constant = product(shifts, weights);
  const auto sum = [&](Matrix left) {
    for (std::size_t i = 0; i < left.values.size(); ++i) left.values[i] += constant.values[i];
    return left;
  };
  gene_projection_half(x_.view(), HalfGeneLayer(layer), out_);
  tests::reference::expect_close(out_, sum(product(scaled, stored())), kFloatTolerance, "out");
  expect_within_rounding(scaled, sum(product(scaled, weights)));
  GeneLayer prepared = layer;
  const std::vector<float> given = project_shift(layer);
  prepared.constant = given;
  std::vector<float> with_constant(out_.size()), without(out_.size());
  gene_projection(x_.view(), prepared, with_constant);
  gene_projection(x_.view(), layer, without);
  EXPECT_EQ(with_constant, without);
}

TEST_P(HalfProjection, OfAMaskRoundsTheWeightsAlone) {
  Matrix input = tests::reference::dense(mask_.view());
  const Matrix x = tests::reference::dense(x_.view());
  for (std::size_t i = 0; i < input.values.size(); ++i) {
    const std::size_t gene = i % scale_.size();
    input.values[i] *= x.values[i] * static_cast<double>(scale_[gene]) + static_cast<double>(shift_[gene]);
  }
  const GeneLayer layer{scale_, shift_, weights_, shape_.width};
  masked_gene_projection_half(x_.view(), mask_.view(), HalfGeneLayer(layer), out_);
  tests::reference::expect_close(out_, product(input, stored()), kFloatTolerance, "out");
  expect_within_rounding(input, product(input, Matrix(shape_.n_genes, shape_.width, weights_)));
}

INSTANTIATE_TEST_SUITE_P(Shapes, HalfProjection,
                         testing::Values(HalfShape{1, 1, 1}, HalfShape{3, 1, 5}, HalfShape{5, 300, 127},
                                         HalfShape{257, 40, 128}, HalfShape{30, 129, 129}, HalfShape{9, 700, 384},
                                         HalfShape{12, 3000, 33}));

TEST(HalfProjectionEdges, LetsNanThrough) {
  sparse::CsrMatrix x;
  x.clear(2);
  x.append_row(std::vector<sparse::GeneIndex>{0, 1}, std::vector<float>{1, 1});
  std::vector<float> weights(40, 1.0F), out(20);
  weights[23] = NAN;
  const std::vector<float> ones(2, 1.0F), zeros(2, 0.0F);
  HalfGeneLayer layer({ones, zeros, weights, 20});
  std::fill(layer.constant.begin(), layer.constant.end(), 0.0F);  // it has 0 · NaN: the product is asked about
  gene_projection_half(x.view(), layer, out);
  for (std::size_t c = 0; c < out.size(); ++c) EXPECT_TRUE(c == 3 ? std::isnan(out[c]) : out[c] == 2) << c;
}

}  // namespace
}  // namespace sctab::kernels
