#include "support/mask_activation.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "nn/gradient_check.hpp"
#include "nn/mask_activation_reference.hpp"
#include "support/random_tensors.hpp"

namespace sctab::nn::tests {
namespace {

using sctab::tests::mask_activation;

class MaskActivation : public testing::TestWithParam<model::MaskType> {
 protected:
  [[nodiscard]] static at::Tensor apply(const at::Tensor& z) { return mask_activation(GetParam(), z); }

  /// The rows of z against bisection. 1e-12: sums of a few hundred doubles.
  static void expect_reference(const at::Tensor& z, double tolerance = 1e-12) {
    const bool is_entmax = GetParam() == model::MaskType::kEntmax;
    const at::Tensor p = apply(z).to(at::kDouble), wide = z.to(at::kDouble);
    for (std::int64_t row = 0; row < z.size(0); ++row) {
      const at::Tensor from = wide[row].contiguous(), found = p[row].contiguous();
      const std::vector<double> values(from.data_ptr<double>(), from.data_ptr<double>() + from.numel());
      const auto want = project_by_bisection(values, is_entmax ? 0.5 : 1, is_entmax ? 2 : 1);
      for (std::size_t i = 0; i < want.size(); ++i) {
        const double deviation = std::abs(found.data_ptr<double>()[i] - want[i]);
        if (!(deviation <= tolerance)) ADD_FAILURE() << "row " << row << " entry " << i << " off by " << deviation;
      }
    }
  }
};

TEST_P(MaskActivation, EqualsBisectionAtAllWidths) {
  for (const std::int64_t width : {1, 2, 3, 127, 128, 129, 1000}) {
    for (const double spread : {0.01, 1.0, 30.0}) {
      expect_reference(normal_tensor({4, width}, static_cast<std::uint64_t>(width)) * spread);
    }
  }
}

TEST_P(MaskActivation, FloatIsWithinRounding) {
  expect_reference(normal_tensor({8, 500}, 3).to(at::kFloat), 2e-6);  // the golden tolerance
}

TEST_P(MaskActivation, TiesShareAlike) {
  expect_reference(at::zeros({2, 7}, at::kDouble));
  const at::Tensor p = apply(at::tensor({5.0, 5.0, -9.0, 5.0}, at::kDouble).view({1, 4}));
  EXPECT_NEAR(p[0][0].item<double>(), 1.0 / 3, 1e-12);
  EXPECT_EQ(p[0][0].item<double>(), p[0][3].item<double>());
  EXPECT_EQ(p[0][2].item<double>(), 0);
}

TEST_P(MaskActivation, FarFromZeroAndFarApart) {
  for (const double level : {-1000.0, 1000.0}) {
    const at::Tensor p = apply(at::full({1, 4}, level));
    for (std::int64_t i = 0; i < 4; ++i) EXPECT_NEAR(p[0][i].item<float>(), 0.25, 1e-6);
  }
  const double infinity = std::numeric_limits<double>::infinity();
  const at::Tensor one = apply(at::tensor({-infinity, -1e300, 0.0}, at::kDouble).view({1, 3}));
  EXPECT_EQ(one[0][2].item<double>(), 1);
  EXPECT_EQ(one[0][0].item<double>(), 0);
}

TEST_P(MaskActivation, WhatIsNoNumberStaysNone) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  const at::Tensor z = at::tensor({0.0, nan, 0.0, infinity, 1.0, 0.0}, at::kDouble).view({3, 2});
  const at::Tensor p = apply(z);
  EXPECT_TRUE(at::isnan(p[0]).all().item<bool>());
  EXPECT_TRUE(at::isnan(p[1]).all().item<bool>());
  EXPECT_FALSE(at::isnan(p[2]).any().item<bool>());
}

TEST_P(MaskActivation, NoRowsIsNoError) {
  EXPECT_EQ(apply(at::empty({0, 5})).numel(), 0);
}

TEST_P(MaskActivation, GradientEqualsDifferences) {
  for (const std::int64_t width : {1, 6, 40}) {
    const at::Tensor z = normal_tensor({3, width}, 17), weights = normal_tensor({3, width}, 18);
    expect_gradient([&] { return (apply(z) * weights).sum(); }, z, "z");
  }
}

TEST_P(MaskActivation, TakesRowsThatAreNotContiguous) {
  const at::Tensor z = normal_tensor({6, 5}, 4).t();
  EXPECT_TRUE(at::equal(apply(z), apply(z.contiguous())));
}

INSTANTIATE_TEST_SUITE_P(Both, MaskActivation, testing::Values(model::MaskType::kEntmax, model::MaskType::kSparsemax),
                         [](const auto& case_info) { return std::string(name(case_info.param)); });

}  // namespace
}  // namespace sctab::nn::tests
