#include "sctab/train/loss.hpp"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace sctab::train {
namespace {

constexpr std::array kWeights = {0.5, 2.0, 0.0};
constexpr double kLambda = 0.1, kMaskLoss = -3.0;

at::Tensor weights() {
  return at::tensor(std::vector<double>(kWeights.begin(), kWeights.end())).to(at::kFloat);
}

nn::NetworkOutput output_of(const at::Tensor& logits, double mask_loss = kMaskLoss) {
  return {logits, at::scalar_tensor(mask_loss), {}};
}

/// sum of w·l over sum of w, minus lambda times the mask loss, in plain loops.
double reference(const at::Tensor& logits, const std::vector<std::int64_t>& targets, double mask_loss) {
  double sum = 0, weight = 0;
  for (std::int64_t cell = 0; cell < logits.size(0); ++cell) {
    double total = 0;
    for (std::int64_t type = 0; type < logits.size(1); ++type) total += std::exp(logits[cell][type].item<double>());
    const auto target = targets[static_cast<std::size_t>(cell)];
    const double w = kWeights.at(static_cast<std::size_t>(target));
    sum += w * (std::log(total) - logits[cell][target].item<double>());
    weight += w;
  }
  return sum / weight - kLambda * mask_loss;
}

const at::Tensor kLogits =
    at::tensor({1.0F, 0.2F, -0.3F, 0.1F, 2.0F, 0.0F, -1.0F, 0.4F, 0.9F, 0.0F, 0.0F, 0.0F}).view({4, 3});
const std::vector<std::int64_t> kTargets = {0, 1, 2, 0};

TEST(TrainingLoss, IsTheWeightedMeanMinusLambdaTimesTheMaskLoss) {
  const double loss = training_loss(output_of(kLogits), at::tensor(kTargets), weights(), kLambda).item<double>();
  EXPECT_NEAR(loss, reference(kLogits, kTargets, kMaskLoss), 1e-6);  // float32
}

TEST(TrainingLoss, HasTheGradientOfCrossEntropy) {
  const at::Tensor logits = kLogits.clone().set_requires_grad(true);
  training_loss(output_of(logits), at::tensor(kTargets), weights(), kLambda).backward();
  const double h = 1e-3;
  for (std::int64_t type = 0; type < 3; ++type) {
    at::Tensor up = kLogits.to(at::kDouble), down = kLogits.to(at::kDouble);
    up[1][type] += h;
    down[1][type] -= h;
    const double wanted = (reference(up, kTargets, 0) - reference(down, kTargets, 0)) / (2 * h);
    EXPECT_NEAR(logits.grad()[1][type].item<double>(), wanted, 1e-5);
  }
}

TEST(SplitLoss, DoesNotDependOnTheBatches) {
  for (const std::int64_t first : {1, 2, 3}) {
    SplitLoss loss(weights(), kLambda);
    const double before = -1.0, after = -4.0;
    loss.add(output_of(kLogits.narrow(0, 0, first), before), at::tensor(kTargets).narrow(0, 0, first));
    loss.add(output_of(kLogits.narrow(0, first, 4 - first), after), at::tensor(kTargets).narrow(0, first, 4 - first));
    const auto share = static_cast<double>(first) / 4;
    EXPECT_NEAR(loss.value(), reference(kLogits, kTargets, share * before + (1 - share) * after), 1e-6) << first;
  }
}

TEST(SplitLoss, WithoutACellThatWeighsAnythingIsNotANumber) {
  SplitLoss loss(weights(), kLambda);
  EXPECT_TRUE(std::isnan(loss.value()));
  loss.add(output_of(kLogits.narrow(0, 0, 1)), at::tensor(std::vector<std::int64_t>{2}));
  EXPECT_TRUE(std::isnan(loss.value()));
}

}  // namespace
}  // namespace sctab::train
