#include <gtest/gtest.h>

#include "kernels/attention_problem.hpp"
#include "sctab/kernels/attention.hpp"

namespace sctab::kernels {
namespace {

using tests::AttentionProblem;
using tests::AttentionShape;
using tests::reference::Matrix;

constexpr double kGradientTolerance = 2e-5;  // of the tensor's largest: float sums against differences in double

struct Gradients {
  std::vector<float> activations, weights, norm_weight, norm_bias, prior;
};

Gradients backward(const AttentionLayer& layer, const sparse::CsrMatrix& mask, const Matrix& dmask) {
  std::vector<float> on_support, dscores(mask.data.size());
  for (std::int64_t cell = 0; cell < mask.n_cells; ++cell) {
    for (const sparse::GeneIndex gene : mask.row(cell).indices)
      on_support.push_back(static_cast<float>(dmask.at(cell, gene)));
  }
  simplex_backward(layer.simplex, mask.view(), on_support, dscores);
  Gradients gradients{std::vector<float>(layer.activations.size()), std::vector<float>(layer.weights.size()),
                      std::vector<float>(layer.norm.weight.size()), std::vector<float>(layer.norm.weight.size()),
                      std::vector<float>(layer.prior.used.data.size())};
  attention_backward(
      layer, mask.view(), dscores,
      {gradients.activations, gradients.weights, gradients.norm_weight, gradients.norm_bias, gradients.prior});
  return gradients;
}

class AttentionBackward : public testing::TestWithParam<std::tuple<Simplex, AttentionShape>> {};

TEST_P(AttentionBackward, EqualsDifferencesOfTheDenseLayer) {
  const auto [simplex, shape] = GetParam();
  AttentionProblem problem(shape, simplex);
  core::Rng rng(5);
  const Matrix dmask(shape.n_cells, shape.n_genes, tests::random_normal(rng, shape.n_cells * shape.n_genes));
  sparse::CsrMatrix mask;
  attention_mask(problem.layer(), mask);
  const Gradients got = backward(problem.layer(), mask, dmask);

  const auto wanted = [&](std::vector<double>& values) {
    return tests::reference::differences(
        values, [&] { return tests::reference::inner(problem.reference_mask(), dmask); }, 1e-6);
  };
  tests::reference::expect_close(got.activations, wanted(problem.activations.values), kGradientTolerance,
                                 "activations");
  tests::reference::expect_close(got.weights, wanted(problem.weights.values), kGradientTolerance, "weights");
  tests::reference::expect_close(got.norm_weight, wanted(problem.norm.weight), kGradientTolerance, "norm weight");
  tests::reference::expect_close(got.norm_bias, wanted(problem.norm.bias), kGradientTolerance, "norm bias");
  // Prior's values outside the support have no influence, and the kernel leaves their gradient at 0.
  tests::reference::expect_close(got.prior, wanted(problem.used), kGradientTolerance, "prior");
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, AttentionBackward,
    testing::Combine(testing::Values(Simplex::kEntmax15, Simplex::kSparsemax),
                     testing::Values(AttentionShape{4, 7, 3, 256}, AttentionShape{1, 9, 2, 256},
                                     AttentionShape{11, 12, 4, 4}, AttentionShape{7, 10, 3, 2, true},
                                     AttentionShape{12, 15, 5, 6, true}, AttentionShape{6, 1, 2, 3},
                                     AttentionShape{9, 30, 17, 256, true})));

TEST(AttentionBackwardSum, IsAddedToWhatTheGradientsHold) {
  const AttentionProblem problem({8, 20, 4, 4}, Simplex::kEntmax15);
  sparse::CsrMatrix mask;
  attention_mask(problem.layer(), mask);
  core::Rng rng(6);
  const std::vector<float> dscores = tests::random_normal(rng, mask.nnz());
  std::vector<float> once(20 * 4), twice(20 * 4), activations(8 * 4), weight(20), bias(20);
  attention_backward(problem.layer(), mask.view(), dscores, {activations, once, weight, bias, {}});
  attention_backward(problem.layer(), mask.view(), dscores, {activations, twice, weight, bias, {}});
  attention_backward(problem.layer(), mask.view(), dscores, {activations, twice, weight, bias, {}});
  std::vector<double> want;
  for (const float value : once) want.push_back(2 * static_cast<double>(value));
  tests::reference::expect_close(twice, want, 1e-5, "weights");
}

}  // namespace
}  // namespace sctab::kernels
