#include "sctab/nn/batch_norm.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "nn/gradient_check.hpp"
#include "sctab/kernels/backend.hpp"
#include "support/dense_network.hpp"
#include "support/random_tensors.hpp"

namespace sctab::nn::tests {
namespace {

using sctab::tests::DenseBatchNorm;

constexpr LayerPass kTraining{LayerMode::kTrain, 0};

/// In double, with weights that are not all alike.
DenseBatchNorm dense_norm(std::int64_t width, std::int64_t virtual_batch_size = 0) {
  return {normal_tensor({width}, 5).requires_grad_(true),
          normal_tensor({width}, 6).requires_grad_(true),
          at::zeros({width}, at::kDouble),
          at::ones({width}, at::kDouble),
          at::zeros({}, at::kLong),
          {.virtual_batch_size = virtual_batch_size}};
}

std::int64_t n_batches(const DenseBatchNorm& norm) {
  return norm.num_batches_tracked.item<std::int64_t>();
}

/// The layer of the networks, with the statistics that it registers.
struct Standalone {
  explicit Standalone(std::int64_t width)
      : layer(LayerScope(state, at::make_generator<at::CPUGeneratorImpl>(1)), width) {}
  at::Tensor mean() { return state.buffers().at(0).tensor; }
  at::Tensor var() { return state.buffers().at(1).tensor; }
  std::int64_t n_batches() { return state.buffers().at(2).tensor.item<std::int64_t>(); }

  NetworkState state;
  BatchNorm layer;
};

LayerPass kernel_pass(LayerMode mode, std::int64_t cells_before = 0) {
  return {mode, cells_before, &kernels::backend(kernels::Device::kCpu)};
}

/// Normalises the rows of one part by its own statistics; plain arithmetic.
at::Tensor normalised(const at::Tensor& part, const DenseBatchNorm& norm) {
  const at::Tensor mean = part.mean(0), var = (part - mean).square().mean(0);
  return (part - mean) / (var + 1e-5).sqrt() * norm.weight.detach() + norm.bias.detach();
}

TEST(DenseBatchNorm, PartsAreThoseOfTorchChunk) {
  struct Case {
    std::int64_t n_cells;
    std::vector<std::int64_t> parts;
  };
  // Virtual batches of 4: n / 4 parts of equal size rounded up, the last one shorter.
  for (const Case& c : {Case{3, {3}}, Case{4, {4}}, Case{7, {7}}, Case{8, {4, 4}}, Case{9, {5, 4}}, Case{14, {5, 5, 4}},
                        Case{17, {5, 5, 5, 2}}}) {
    DenseBatchNorm norm = dense_norm(3, 4);
    const at::Tensor x = normal_tensor({c.n_cells, 3}, 9);
    const at::Tensor found = norm.forward(x, kTraining).detach();
    std::int64_t first = 0;
    for (const std::int64_t n : c.parts) {
      const at::Tensor want = normalised(x.narrow(0, first, n), norm);
      const double deviation = (found.narrow(0, first, n) - want).abs().max().item<double>();
      EXPECT_TRUE(deviation < 1e-12) << c.n_cells << " cells, part at " << first << ": " << deviation;
      first += n;
    }
    EXPECT_EQ(first, c.n_cells);
    EXPECT_EQ(n_batches(norm), static_cast<std::int64_t>(c.parts.size()));
  }
}

TEST(DenseBatchNorm, GradientEqualsDifferences) {
  for (const std::int64_t n_cells : {3, 8, 9, 14}) {
    DenseBatchNorm norm = dense_norm(3, 4);
    const at::Tensor x = normal_tensor({n_cells, 3}, 9), weights = normal_tensor({n_cells, 3}, 10);
    const auto loss = [&] { return (norm.forward(x, kTraining) * weights).sum(); };
    expect_gradient(loss, x, "x");
    expect_gradient(loss, norm.weight, "weight");
    expect_gradient(loss, norm.bias, "bias");
  }
}

TEST(DenseBatchNorm, LastPartOfOneCellIsNormalisedByRunningStatistics) {
  // 7 cells in virtual batches of 2 are parts of 3, 3 and 1.
  DenseBatchNorm norm = dense_norm(2, 2);
  const at::Tensor x = normal_tensor({7, 2}, 3);
  const at::Tensor found = norm.forward(x, kTraining).detach();
  EXPECT_EQ(n_batches(norm), 2);
  const at::Tensor want = norm.forward(x, {LayerMode::kEval, 0}).detach();
  EXPECT_TRUE(at::equal(found[6], want[6]));
  EXPECT_TRUE(at::isfinite(found).all().item<bool>());
}

TEST(DenseBatchNorm, OneCellLeavesTheStatisticsAlone) {
  DenseBatchNorm norm = dense_norm(4);
  const at::Tensor x = normal_tensor({1, 4}, 3), weights = normal_tensor({1, 4}, 4);
  const auto loss = [&] { return (norm.forward(x, kTraining) * weights).sum(); };
  expect_gradient(loss, x, "x");
  EXPECT_TRUE(at::equal(norm.running_mean, at::zeros({4}, at::kDouble)));
  EXPECT_TRUE(at::equal(norm.running_var, at::ones({4}, at::kDouble)));
  EXPECT_EQ(n_batches(norm), 0);
}

TEST(DenseBatchNorm, EstimateIsTheStatisticOfAllCells) {
  DenseBatchNorm norm = dense_norm(4);
  norm.forward(normal_tensor({20, 4}, 1) + 100, kTraining);  // to be forgotten
  const at::Tensor x = normal_tensor({30, 4}, 2) * 3 + 5;
  std::int64_t before = 0;
  for (const std::int64_t n : {1, 7, 20, 2}) {
    norm.forward(x.narrow(0, before, n), {LayerMode::kEstimate, before});
    before += n;
    const auto [var, mean] = at::var_mean(x.narrow(0, 0, before), at::IntArrayRef{0}, true);
    EXPECT_TRUE(at::allclose(norm.running_mean, mean, 1e-12, 1e-12)) << before;
    if (before > 1) {
      EXPECT_TRUE(at::allclose(norm.running_var, var, 1e-12, 1e-12)) << before;
    }
  }
}

TEST(BatchNorm, OneCellLeavesTheStatisticsAlone) {
  Standalone norm(4);
  const at::Tensor x = normal_tensor({1, 4}, 3).to(at::kFloat);
  const at::Tensor found = norm.layer.forward(x, kernel_pass(LayerMode::kTrain)).detach();
  EXPECT_TRUE(at::allclose(found, x / std::sqrt(1 + 1e-5), 1e-6, 1e-6));
  EXPECT_TRUE(at::equal(norm.mean(), at::zeros({4})));
  EXPECT_TRUE(at::equal(norm.var(), at::ones({4})));
  EXPECT_EQ(norm.n_batches(), 0);
}

TEST(BatchNorm, EstimateIsTheStatisticOfAllCells) {
  Standalone norm(4);
  norm.layer.forward(normal_tensor({20, 4}, 1).to(at::kFloat) + 100, kernel_pass(LayerMode::kTrain));  // forgotten
  const at::Tensor x = (normal_tensor({30, 4}, 2) * 3 + 5).to(at::kFloat);
  std::int64_t before = 0;
  for (const std::int64_t n : {1, 7, 20, 2}) {
    norm.layer.forward(x.narrow(0, before, n), kernel_pass(LayerMode::kEstimate, before));
    before += n;
    const auto [var, mean] = at::var_mean(x.narrow(0, 0, before).to(at::kDouble), at::IntArrayRef{0}, true);
    EXPECT_TRUE(at::allclose(norm.mean().to(at::kDouble), mean, 1e-5, 1e-5)) << before;
    if (before > 1) {
      EXPECT_TRUE(at::allclose(norm.var().to(at::kDouble), var, 1e-5, 1e-5)) << before;
    }
  }
}

}  // namespace
}  // namespace sctab::nn::tests
