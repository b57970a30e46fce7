#include "sctab/kernels/gates.hpp"

#include <gtest/gtest.h>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"

namespace sctab::kernels {
namespace {

using tests::reference::Matrix;

struct GatedShape {
  std::int64_t n_cells, width, virtual_batch_size;
  bool has_residual;
};
void PrintTo(const GatedShape& shape, std::ostream* out) {
  *out << shape.n_cells << " x " << shape.width << ", virtual batch " << shape.virtual_batch_size
       << (shape.has_residual ? ", residual" : "");
}

// A column of three cells can have a small standard deviation, by which the rounding of its mean grows.
constexpr double kNormGradientTolerance = 5e-5;

class GatedNorm : public testing::TestWithParam<GatedShape> {
 protected:
  GatedShape shape_ = GetParam();
  core::Rng rng_{17};
  std::int64_t columns_ = 2 * shape_.width;
  std::vector<std::int64_t> starts_ = virtual_batch_starts(shape_.n_cells, shape_.virtual_batch_size);
  std::vector<float> projected_ = shifted(tests::random_normal(rng_, shape_.n_cells* columns_));
  std::vector<float> residual_ = tests::random_normal(rng_, shape_.has_residual ? shape_.n_cells* shape_.width : 0);
  std::vector<float> weight_ = tests::random_normal(rng_, columns_), bias_ = tests::random_normal(rng_, columns_);
  std::vector<float> running_mean_ = tests::random_normal(rng_, columns_);
  std::vector<float> running_variance_ = tests::random_uniform(rng_, columns_, 0.5, 2);
  std::vector<float> mean_, variance_;

  Matrix projected{shape_.n_cells, columns_, projected_};
  tests::reference::Norm norm_{starts_, wide(weight_), wide(bias_), wide(running_mean_), wide(running_variance_)};

  void SetUp() override {
    mean_.resize((starts_.size() - 1) * running_mean_.size());
    variance_.resize(mean_.size());
    column_statistics(projected_, columns_, starts_, mean_, variance_);
    for (std::size_t batch = 0; batch + 1 < starts_.size(); ++batch) {
      if (starts_[batch + 1] - starts_[batch] > 1) continue;
      const auto begin = static_cast<std::int64_t>(batch) * columns_;
      std::ranges::copy(running_mean_, mean_.begin() + begin);
      std::ranges::copy(running_variance_, variance_.begin() + begin);
    }
  }
  [[nodiscard]] GhostNorm norm() const { return {starts_, weight_, bias_, mean_, variance_}; }
  [[nodiscard]] Matrix reference() const {
    const Matrix normalised = tests::reference::ghost_norm(projected, norm_);
    Matrix out(shape_.n_cells, shape_.width);
    for (std::int64_t cell = 0; cell < shape_.n_cells; ++cell) {
      for (std::int64_t c = 0; c < shape_.width; ++c) {
        out.at(cell, c) = normalised.at(cell, c) / (1 + std::exp(-normalised.at(cell, shape_.width + c)));
        if (!shape_.has_residual) continue;
        const auto at = static_cast<std::size_t>(cell * shape_.width + c);
        out.at(cell, c) = (out.at(cell, c) + static_cast<double>(residual_[at])) * std::sqrt(0.5);
      }
    }
    return out;
  }

 private:
  static std::vector<double> wide(const std::vector<float>& values) { return {values.begin(), values.end()}; }
  static std::vector<float> shifted(std::vector<float> values) {
    for (float& value : values) value += 3;
    return values;
  }
};

TEST_P(GatedNorm, EqualsThePlainLayers) {
  std::vector<float> out(static_cast<std::size_t>(shape_.n_cells * shape_.width), NAN);
  gated_norm(projected_, norm(), residual_, out);
  tests::reference::expect_close(out, reference(), 3e-6, "out");
}

class GatedNormBackward : public GatedNorm {};

TEST_P(GatedNormBackward, EqualsDifferences) {
  const std::vector<float> dout = tests::random_normal(rng_, shape_.n_cells * shape_.width);
  const Matrix wanted_dout(shape_.n_cells, shape_.width, dout);
  std::vector<float> dprojected(projected_.size(), NAN), dweight(weight_.size()), dbias(weight_.size());
  gated_norm_backward(projected_, norm(), shape_.has_residual, dout, {dprojected, dweight, dbias});
  const auto wanted = [&](std::vector<double>& values) {
    return tests::reference::differences(values, [&] { return tests::reference::inner(reference(), wanted_dout); });
  };
  tests::reference::expect_close(dprojected, wanted(projected.values), kNormGradientTolerance, "projected");
  tests::reference::expect_close(dweight, wanted(norm_.weight), kNormGradientTolerance, "weight");
  tests::reference::expect_close(dbias, wanted(norm_.bias), kNormGradientTolerance, "bias");
}

const std::vector<GatedShape> kSmall{{1, 1, 256, false}, {1, 3, 256, true}, {7, 3, 2, true}, {6, 17, 3, false},
                                     {5, 33, 256, true}, {12, 16, 4, true}, {9, 18, 3, true}};
const std::vector<GatedShape> kLarge{
    {600, 127, 256, true}, {515, 128, 256, false}, {300, 129, 100, true}, {64, 192, 16, true}};

INSTANTIATE_TEST_SUITE_P(Small, GatedNorm, testing::ValuesIn(kSmall));
INSTANTIATE_TEST_SUITE_P(Large, GatedNorm, testing::ValuesIn(kLarge));
INSTANTIATE_TEST_SUITE_P(Small, GatedNormBackward, testing::ValuesIn(kSmall));

TEST(GatedNormEdges, ExtremeGatesOpenCloseAndLetNanThrough) {
  const std::vector<std::int64_t> starts{0, 1};
  const std::vector<float> ones(40, 1.0F), zeros(40, 0.0F);
  for (const auto& [gate, want] : {std::pair{1000.0F, 2.0F}, std::pair{-1000.0F, 0.0F}, std::pair{NAN, NAN}}) {
    std::vector<float> projected(40, 2.0F), out(20);
    std::fill(projected.begin() + 20, projected.end(), gate);
    gated_norm(projected, {starts, ones, zeros, zeros, ones, 0.0F}, {}, out);
    for (const float value : out) {
      if (std::isnan(want)) {
        EXPECT_TRUE(std::isnan(value));
      } else {
        EXPECT_NEAR(value, want, 1e-7);
      }
    }
  }
}

TEST(ColumnStatistics, KeepAccuracyFarFromZero) {
  core::Rng rng(23);
  std::vector<float> values = tests::random_normal(rng, 256 * 20);
  for (float& value : values) value += 1000;
  const std::vector<std::int64_t> starts{0, 256};
  std::vector<float> mean(20), variance(20);
  column_statistics(values, 20, starts, mean, variance);
  for (std::size_t c = 0; c < 20; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t row = 0; row < 256; ++row) sum += static_cast<double>(values[row * 20 + c]) / 256;
    for (std::size_t row = 0; row < 256; ++row)
      squares += std::pow(static_cast<double>(values[row * 20 + c]) - sum, 2) / 256;
    EXPECT_NEAR(mean[c], sum, 1e-3);
    EXPECT_NEAR(variance[c], squares, 1e-4);
  }
}

TEST(ColumnStatistics, OfOneCellAreTheCellAndZero) {
  const std::vector<float> values{3, -4, 5, 1, 2, 9};
  std::vector<float> mean(6, NAN), variance(6, NAN);
  column_statistics(values, 3, std::vector<std::int64_t>{0, 1, 2}, mean, variance);
  EXPECT_EQ(mean, values);
  EXPECT_EQ(variance, std::vector<float>(6, 0.0F));
}

}  // namespace
}  // namespace sctab::kernels
