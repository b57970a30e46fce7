#include "sctab/nn/batch_norm.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "nn/gradient_check.hpp"
#include "nn/random_tensors.hpp"

namespace sctab::nn::tests {
namespace {

constexpr LayerPass kTraining{LayerMode::kTrain, 0};

/// A layer of its own, in double, with weights that are not all alike.
template <typename Layer>
struct Standalone {
  template <typename... Arguments>
  explicit Standalone(std::int64_t width, Arguments... arguments)
      : layer(LayerScope(state, at::make_generator<at::CPUGeneratorImpl>(1)), width, arguments...) {
    for (const auto* group : {&state.parameters(), &state.buffers()}) {
      for (const NamedTensor& entry : *group) {
        if (entry.tensor.is_floating_point()) entry.tensor.set_data(entry.tensor.detach().to(at::kDouble));
      }
    }
    weight().detach().copy_(normal_tensor({width}, 5));
    bias().detach().copy_(normal_tensor({width}, 6));
  }
  at::Tensor weight() { return state.parameters().at(0).tensor; }
  at::Tensor bias() { return state.parameters().at(1).tensor; }
  at::Tensor mean() { return state.buffers().at(0).tensor; }
  at::Tensor var() { return state.buffers().at(1).tensor; }
  std::int64_t n_batches() { return state.buffers().at(2).tensor.item<std::int64_t>(); }

  NetworkState state;
  Layer layer;
};

/// Normalises the rows of one part by its own statistics; plain arithmetic.
at::Tensor normalised(const at::Tensor& part, Standalone<GhostBatchNorm>& norm) {
  const at::Tensor mean = part.mean(0), var = (part - mean).square().mean(0);
  return (part - mean) / (var + 1e-5).sqrt() * norm.weight().detach() + norm.bias().detach();
}

TEST(GhostBatchNorm, PartsAreThoseOfTorchChunk) {
  struct Case {
    std::int64_t n_cells;
    std::vector<std::int64_t> parts;
  };
  // Virtual batches of 4: n / 4 parts of equal size rounded up, the last one shorter.
  for (const Case& c : {Case{3, {3}}, Case{4, {4}}, Case{7, {7}}, Case{8, {4, 4}}, Case{9, {5, 4}}, Case{14, {5, 5, 4}},
                        Case{17, {5, 5, 5, 2}}}) {
    Standalone<GhostBatchNorm> norm(3, std::int64_t{4}, BatchNormOptions{});
    const at::Tensor x = normal_tensor({c.n_cells, 3}, 9);
    const at::Tensor found = norm.layer.forward(x, kTraining).detach();
    std::int64_t first = 0;
    for (const std::int64_t n : c.parts) {
      const at::Tensor want = normalised(x.narrow(0, first, n), norm);
      const double deviation = (found.narrow(0, first, n) - want).abs().max().item<double>();
      EXPECT_TRUE(deviation < 1e-12) << c.n_cells << " cells, part at " << first << ": " << deviation;
      first += n;
    }
    EXPECT_EQ(first, c.n_cells);
    EXPECT_EQ(norm.n_batches(), static_cast<std::int64_t>(c.parts.size()));
  }
}

TEST(GhostBatchNorm, GradientEqualsDifferences) {
  for (const std::int64_t n_cells : {3, 8, 9, 14}) {
    Standalone<GhostBatchNorm> norm(3, std::int64_t{4}, BatchNormOptions{});
    const at::Tensor x = normal_tensor({n_cells, 3}, 9), weights = normal_tensor({n_cells, 3}, 10);
    const auto loss = [&] { return (norm.layer.forward(x, kTraining) * weights).sum(); };
    expect_gradient(loss, x, "x");
    expect_gradient(loss, norm.weight(), "weight");
    expect_gradient(loss, norm.bias(), "bias");
  }
}

TEST(GhostBatchNorm, LastPartOfOneCellIsNormalisedByRunningStatistics) {
  // 7 cells in virtual batches of 2 are parts of 3, 3 and 1.
  Standalone<GhostBatchNorm> norm(2, std::int64_t{2}, BatchNormOptions{});
  const at::Tensor x = normal_tensor({7, 2}, 3);
  const at::Tensor found = norm.layer.forward(x, kTraining).detach();
  EXPECT_EQ(norm.n_batches(), 2);
  const at::Tensor want = norm.layer.forward(x, {LayerMode::kEval, 0}).detach();
  EXPECT_TRUE(at::equal(found[6], want[6]));
  EXPECT_TRUE(at::isfinite(found).all().item<bool>());
}

TEST(BatchNorm, OneCellLeavesTheStatisticsAlone) {
  Standalone<BatchNorm> norm(4);
  const at::Tensor x = normal_tensor({1, 4}, 3), weights = normal_tensor({1, 4}, 4);
  const auto loss = [&] { return (norm.layer.forward(x, kTraining) * weights).sum(); };
  expect_gradient(loss, x, "x");
  EXPECT_TRUE(at::equal(norm.mean(), at::zeros({4}, at::kDouble)));
  EXPECT_TRUE(at::equal(norm.var(), at::ones({4}, at::kDouble)));
  EXPECT_EQ(norm.n_batches(), 0);
}

TEST(BatchNorm, EstimateIsTheStatisticOfAllCells) {
  Standalone<BatchNorm> norm(4);
  norm.layer.forward(normal_tensor({20, 4}, 1) + 100, kTraining);  // to be forgotten
  const at::Tensor x = normal_tensor({30, 4}, 2) * 3 + 5;
  std::int64_t before = 0;
  for (const std::int64_t n : {1, 7, 20, 2}) {
    norm.layer.forward(x.narrow(0, before, n), {LayerMode::kEstimate, before});
    before += n;
    const auto [var, mean] = at::var_mean(x.narrow(0, 0, before), at::IntArrayRef{0}, true);
    EXPECT_TRUE(at::allclose(norm.mean(), mean, 1e-12, 1e-12)) << before;
    if (before > 1) {
      EXPECT_TRUE(at::allclose(norm.var(), var, 1e-12, 1e-12)) << before;
    }
  }
}

}  // namespace
}  // namespace sctab::nn::tests
