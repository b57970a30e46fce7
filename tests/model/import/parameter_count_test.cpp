#include "sctab/model/network_tensors.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace sctab::model::tests {
namespace {

/// The paper's five sizes, in millions of parameters as it gives them (Fig. 2f): rounded to two digits after the point.
TEST(ParameterCount, IsThePapersForItsFiveSizes) {
  struct Size {
    std::int64_t n_d, n_a;
    double millions;
  };
  constexpr std::array<Size, 5> kSizes = {
      {{16, 16, 1.65}, {32, 32, 3.28}, {64, 64, 6.68}, {128, 64, 9.66}, {256, 64, 16.21}}};
  for (const Size& size : kSizes) {
    Architecture architecture;
    architecture.n_genes = 19'331;
    architecture.n_types = 164;
    architecture.tabnet.n_d = size.n_d;
    architecture.tabnet.n_a = size.n_a;
    const double found = static_cast<double>(count_parameters(architecture)) / 1e6;
    EXPECT_TRUE(std::abs(found - size.millions) <= 0.005) << "n_d " << size.n_d << ": " << found;
  }
}

TEST(ParameterCount, OfALinearModelIsAWeightAGeneAndTypeAndABiasAType) {
  Architecture architecture;
  architecture.kind = ModelKind::kLinear;
  architecture.n_genes = 70;
  architecture.n_types = 3;
  EXPECT_EQ(count_parameters(architecture), 70 * 3 + 3);
}

TEST(ParameterCount, OfAMixedEnsembleIsTheSumOverItsMembers) {
  Architecture linear;
  linear.kind = ModelKind::kLinear;
  linear.n_genes = 70;
  linear.n_types = 3;
  Architecture mlp = linear, mixed = linear;
  mlp.kind = ModelKind::kMlp;
  mixed.kind = ModelKind::kMixed;
  mixed.members = {linear, mlp, linear};
  EXPECT_EQ(count_parameters(mixed), 2 * count_parameters(linear) + count_parameters(mlp));
}

}  // namespace
}  // namespace sctab::model::tests
