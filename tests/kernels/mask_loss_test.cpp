#include "sctab/kernels/mask.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"

namespace sctab::kernels {
namespace {

constexpr double kEpsilon = 1e-15;

double reference_loss(const sparse::CsrMatrix& mask, const std::vector<double>& values) {
  double sum = 0;
  for (const double m : values) sum += m * std::log(m + kEpsilon);
  return sum / static_cast<double>(mask.n_cells);
}

TEST(MaskLoss, EqualsTheReferenceWithItsGradient) {
  core::Rng rng(5);
  for (const std::int64_t n_cells : {1, 63, 64, 65, 200}) {
    const sparse::CsrMatrix mask = tests::random_mask(rng, n_cells, 300, 0.05);
    std::vector<double> values(mask.data.begin(), mask.data.end());
    const double want = reference_loss(mask, values);
    EXPECT_NEAR(mask_loss(mask.view(), kEpsilon), want, 1e-6 * std::abs(want) + 1e-7);

    const std::vector<float> before(values.size(), 1.0F);
    std::vector<float> dmask = before;
    mask_loss_backward(mask.view(), kEpsilon, -2, dmask);
    std::vector<double> wanted = tests::reference::differences(
        values, [&] { return -2 * reference_loss(mask, values); }, 1e-8);
    for (double& gradient : wanted) gradient += 1;
    tests::reference::expect_close(dmask, wanted, 1e-5, "dmask");
  }
}

TEST(MaskLoss, OfOneGeneACellIsZero) {
  sparse::CsrMatrix mask;
  mask.clear(3);
  mask.append_row(std::vector<sparse::GeneIndex>{2}, std::vector<float>{1.0F});
  EXPECT_NEAR(mask_loss(mask.view(), kEpsilon), 0, 1e-12);
}

TEST(MaskLoss, OfNanIsNan) {
  sparse::CsrMatrix mask;
  mask.clear(3);
  mask.append_row(std::vector<sparse::GeneIndex>{2}, std::vector<float>{std::numeric_limits<float>::quiet_NaN()});
  EXPECT_TRUE(std::isnan(mask_loss(mask.view(), kEpsilon)));
}

}  // namespace
}  // namespace sctab::kernels
