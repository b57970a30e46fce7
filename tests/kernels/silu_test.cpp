#include "sctab/kernels/gates.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"

namespace sctab::kernels {
namespace {

double reference(double x) {
  return x / (1 + std::exp(-x));
}

TEST(Silu, EqualsTheFormulaAndItsDifferences) {
  core::Rng rng(6);
  for (const std::int64_t n : {1, 15, 16, 17, 127, 128, 129, 40'000}) {
    std::vector<float> x = tests::random_normal(rng, n, 4), dout = tests::random_normal(rng, n), found(x.size(), NAN),
                       dx(x.size(), NAN);
    x[0] = -1000;
    x.back() = 1000;
    silu(x, found);
    silu_backward(x, dout, dx);
    std::vector<double> want, want_dx;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto value = static_cast<double>(x[i]);
      want.push_back(reference(value));
      want_dx.push_back(static_cast<double>(dout[i]) * (reference(value + 1e-5) - reference(value - 1e-5)) / 2e-5);
    }
    tests::reference::expect_close(found, want, 1e-6, "silu");
    tests::reference::expect_close(dx, want_dx, 1e-6, "dx");
  }
}

TEST(Silu, KeepsNan) {
  const std::vector<float> x(20, std::numeric_limits<float>::quiet_NaN()), dout(20, 1.0F);
  std::vector<float> found(20), dx(20);
  silu(x, found);
  silu_backward(x, dout, dx);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_TRUE(std::isnan(found[i]) && std::isnan(dx[i])) << i;
}

TEST(Silu, DoesNotDependOnAValuesPlace) {
  core::Rng rng(7);
  const std::vector<float> x = tests::random_normal(rng, 100, 3);
  std::vector<float> all(x.size());
  silu(x, all);
  for (std::size_t i = 0; i < x.size(); ++i) {
    float alone = 0;
    silu(std::span(&x[i], 1), std::span(&alone, 1));
    EXPECT_EQ(alone, all[i]) << i;
  }
}

}  // namespace
}  // namespace sctab::kernels
