#include "sctab/kernels/batch_norm.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"

namespace sctab::kernels {
namespace {

TEST(VirtualBatches, AreTorchsChunks) {
  using Starts = std::vector<std::int64_t>;
  EXPECT_EQ(virtual_batch_starts(1, 256), (Starts{0, 1}));
  EXPECT_EQ(virtual_batch_starts(255, 256), (Starts{0, 255}));
  EXPECT_EQ(virtual_batch_starts(511, 256), (Starts{0, 511}));
  EXPECT_EQ(virtual_batch_starts(512, 256), (Starts{0, 256, 512}));
  EXPECT_EQ(virtual_batch_starts(7, 2), (Starts{0, 3, 6, 7}));
  EXPECT_EQ(virtual_batch_starts(9, 1), (Starts{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(virtual_batch_starts(13, 2), (Starts{0, 3, 6, 9, 12, 13}));
}

TEST(FoldBatchNorm, EqualsTheNormAndItsGradientTheDifferences) {
  core::Rng rng(2);
  const std::vector<float> weight = tests::random_normal(rng, 9), bias = tests::random_normal(rng, 9);
  const std::vector<float> mean = tests::random_normal(rng, 9), variance = tests::random_uniform(rng, 9, 0, 3);
  std::vector<double> scales(9), shifts(9);
  for (std::size_t j = 0; j < 9; ++j) {
    scales[j] = static_cast<double>(weight[j]) / std::sqrt(static_cast<double>(variance[j]) + 1e-5);
    shifts[j] = static_cast<double>(bias[j]) - scales[j] * static_cast<double>(mean[j]);
  }
  std::vector<float> scale(9), shift(9);
  fold_batch_norm(weight, bias, mean, variance, 1e-5F, scale, shift);
  tests::reference::expect_close(scale, scales, 1e-6, "scale");
  tests::reference::expect_close(shift, shifts, 1e-6, "shift");
}

// Half an ulp of the value, which is what rounding it once may cost.
double half_ulp(double value) {
  return std::ldexp(1.0, std::ilogb(value) - 24);
}

TEST(FoldBatchNorm, RoundsOnceWhereMeansAreLargeNextToDeviations) {
  core::Rng rng(3);
  constexpr std::int64_t kColumns = 1000;
  const std::vector<float> weight = tests::random_uniform(rng, kColumns, 0.5, 2),
                           bias = tests::random_normal(rng, kColumns);
  const std::vector<float> mean = tests::random_uniform(rng, kColumns, 1, 8),
                           variance = tests::random_uniform(rng, kColumns, 1e-6, 1e-2);
  std::vector<float> scale(kColumns), shift(kColumns);
  fold_batch_norm(weight, bias, mean, variance, 1e-5F, scale, shift);
  for (std::size_t j = 0; j < scale.size(); ++j) {
    const double deviation = std::sqrt(static_cast<double>(variance[j]) + static_cast<double>(1e-5F));
    EXPECT_NEAR(scale[j], static_cast<double>(weight[j]) / deviation, half_ulp(scale[j])) << j;
    // What a cell at the mean comes to: the bias, whatever rounding did to the scale.
    const double at_mean = static_cast<double>(scale[j]) * static_cast<double>(mean[j]) + static_cast<double>(shift[j]);
    EXPECT_NEAR(at_mean, bias[j], half_ulp(shift[j])) << j;
  }
}

TEST(RunningStatistics, MoveOncePerVirtualBatchByTheUnbiasedVariance) {
  const std::vector<std::int64_t> starts{0, 3, 6, 7};
  const std::vector<float> weight{1}, bias{0}, mean{2, 4, 100}, variance{6, 3, 100};
  std::vector<float> running_mean{0}, running_variance{1};
  update_running_statistics({starts, weight, bias, mean, variance}, 0.1F, running_mean, running_variance);
  EXPECT_FLOAT_EQ(running_mean[0], 0.9F * (0.1F * 2) + 0.1F * 4);
  EXPECT_FLOAT_EQ(running_variance[0], 0.9F * (0.9F + 0.1F * 9) + 0.1F * 4.5F);
}

}  // namespace
}  // namespace sctab::kernels
