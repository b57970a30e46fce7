#include "sctab/kernels/mask.hpp"

#include <gtest/gtest.h>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"

namespace sctab::kernels {
namespace {

using tests::reference::Matrix;

constexpr float kGamma = 1.3F;

struct Steps {
  core::Rng rng{3};
  std::int64_t n_cells = 13, n_genes = 17;
  std::vector<sparse::CsrMatrix> masks;
  std::vector<sparse::CsrMatrix> used{{}};  // used[k]: before step k

  explicit Steps(int n_steps) {
    for (int step = 0; step < n_steps; ++step) {
      masks.push_back(tests::random_mask(rng, n_cells, n_genes, 0.2));
      used.emplace_back();
      advance_prior(prior(static_cast<std::size_t>(step)), masks.back().view(), kGamma, used.back());
    }
  }
  [[nodiscard]] Prior prior(std::size_t step) const {
    return {std::pow(kGamma, static_cast<float>(step)), step == 0 ? sparse::CsrView{} : used[step].view()};
  }
};

TEST(Prior, IsTheProductOverTheEarlierMasks) {
  const Steps steps(3);
  Matrix want(steps.n_cells, steps.n_genes);
  std::fill(want.values.begin(), want.values.end(), 1.0);
  std::int64_t n_seen = 0;
  for (std::size_t i = 0; i < want.values.size(); ++i) {
    bool seen = false;
    for (const sparse::CsrMatrix& mask : steps.masks) {
      const double value = tests::reference::dense(mask.view()).values[i];
      want.values[i] *= static_cast<double>(kGamma) - value;
      seen |= value > 0;
    }
    n_seen += seen ? 1 : 0;
  }
  EXPECT_EQ(steps.used[3].nnz(), n_seen);
  std::vector<float> got(want.values.size(), steps.prior(3).elsewhere);
  for (std::int64_t cell = 0; cell < steps.n_cells; ++cell) {
    const sparse::RowView row = steps.used[3].row(cell);
    for (std::size_t i = 0; i < row.indices.size(); ++i) {
      got[static_cast<std::size_t>(cell * steps.n_genes + row.indices[i])] = row.data[i];
    }
  }
  tests::reference::expect_close(got, want, 1e-6, "prior");
}

TEST(Prior, BackwardThroughTwoStepsEqualsDifferences) {
  Steps steps(2);
  const std::vector<float> dused = tests::random_normal(steps.rng, steps.used[2].nnz());
  std::vector<float> dmask0(steps.masks[0].data.size()), dmask1(steps.masks[1].data.size());
  std::vector<float> dused1(steps.used[1].data.size());
  advance_prior_backward(steps.prior(1), steps.masks[1].view(), kGamma, steps.used[2].view(), dused, dmask1, dused1);
  advance_prior_backward(steps.prior(0), steps.masks[0].view(), kGamma, steps.used[1].view(), dused1, dmask0, {});

  // The reference is the product written out, in double, over the pattern of the last prior.
  std::vector<double> values0(steps.masks[0].data.begin(), steps.masks[0].data.end());
  std::vector<double> values1(steps.masks[1].data.begin(), steps.masks[1].data.end());
  const auto spread = [&](const sparse::CsrMatrix& mask, const std::vector<double>& values) {
    Matrix out(steps.n_cells, steps.n_genes);
    std::size_t at = 0;
    for (std::int64_t cell = 0; cell < steps.n_cells; ++cell) {
      for (const sparse::GeneIndex gene : mask.row(cell).indices) out.at(cell, gene) = values[at++];
    }
    return out;
  };
  const auto loss = [&] {
    const Matrix mask0 = spread(steps.masks[0], values0), mask1 = spread(steps.masks[1], values1);
    double sum = 0;
    std::size_t at = 0;
    for (std::int64_t cell = 0; cell < steps.n_cells; ++cell) {
      for (const sparse::GeneIndex gene : steps.used[2].row(cell).indices) {
        const auto gamma = static_cast<double>(kGamma);
        sum += static_cast<double>(dused[at++]) * (gamma - mask0.at(cell, gene)) * (gamma - mask1.at(cell, gene));
      }
    }
    return sum;
  };
  tests::reference::expect_close(dmask0, tests::reference::differences(values0, loss), 1e-6, "first mask");
  tests::reference::expect_close(dmask1, tests::reference::differences(values1, loss), 1e-6, "second mask");
}

}  // namespace
}  // namespace sctab::kernels
