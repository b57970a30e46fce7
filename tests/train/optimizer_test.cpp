#include "sctab/train/optimizer.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <torch/nn/utils/clip_grad.h>  // needs torch/types.h before it
#include <torch/optim/adamw.h>

#include <limits>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::train {
namespace {

constexpr double kWeightDecay = 0.05, kClipNorm = 1;

std::unique_ptr<nn::Network> small_network() {
  model::Architecture architecture;
  architecture.n_genes = 40;
  architecture.n_types = 3;
  architecture.tabnet = {.n_d = 6, .n_a = 3, .n_independent = 1, .n_shared = 2, .virtual_batch_size = 4};
  return nn::make_network(architecture, 1);
}

/// The same made-up gradients for each network that is asked; the first parameter has none at odd steps.
void set_gradients(nn::Network& network, int step, double scale) {
  const auto parameters = network.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (i == 0 && step % 2 == 1) {
      parameters[i].mutable_grad().reset();
      continue;
    }
    const at::Tensor values =
        (at::arange(parameters[i].numel(), at::kFloat) * (0.37 + step) + static_cast<double>(i)).sin();
    // Row-major, unlike the gene-major parameter: what a foreign backward pass may leave.
    parameters[i].mutable_grad() = (scale * values).view(parameters[i].sizes()).clone();
  }
}

void expect_same_parameters(const nn::Network& found, const nn::Network& want) {
  for (std::size_t i = 0; i < want.state().parameters().size(); ++i) {
    const double deviation = (found.parameters()[i] - want.parameters()[i]).abs().max().item<double>();
    // A few roundings of weights below 10.
    EXPECT_TRUE(deviation <= 2e-6) << want.state().parameters()[i].name << " " << deviation;
  }
}

TEST(Optimizer, StepsAsTorchs) {
  const auto ours = small_network(), theirs = small_network();
  Optimizer optimizer(*ours, kWeightDecay, kClipNorm);
  torch::optim::AdamW reference(theirs->parameters(), torch::optim::AdamWOptions().weight_decay(kWeightDecay));
  for (int step = 0; step < 6; ++step) {
    const double learning_rate = 0.01 / (1 + step), scale = step < 3 ? 1e-3 : 10;  // clipped from the fourth on
    set_gradients(*ours, 2 * step, scale);
    set_gradients(*theirs, 2 * step, scale);
    static_cast<torch::optim::AdamWOptions&>(reference.param_groups()[0].options()).lr(learning_rate);
    const double want_norm = torch::nn::utils::clip_grad_norm_(theirs->parameters(), kClipNorm);
    reference.step();
    EXPECT_NEAR(optimizer.step(learning_rate) / want_norm, 1, 1e-5);
    expect_same_parameters(*ours, *theirs);
  }
}

TEST(Optimizer, LeavesAParameterWithoutGradientAlone) {
  const auto network = small_network();
  Optimizer optimizer(*network, kWeightDecay, kClipNorm);
  const at::Tensor before = network->parameters()[0].detach().clone();
  set_gradients(*network, 1, 1);
  optimizer.step(0.01);
  EXPECT_TRUE(at::equal(network->parameters()[0], before));
}

TEST(Optimizer, DoesNotStepOnNanOrInfinity) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    const auto network = small_network();
    Optimizer optimizer(*network, kWeightDecay, kClipNorm);
    const auto before = network->state().copy();
    set_gradients(*network, 0, 1);
    network->parameters().back().mutable_grad().view({-1})[3] = bad;
    EXPECT_FALSE(std::isfinite(optimizer.step(0.01)));
    EXPECT_EQ(optimizer.steps(), 0);
    const auto after = network->state().copy();
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(at::equal(before[i].tensor, after[i].tensor));
  }
}

TEST(Optimizer, RefusesMomentsThatAreNotIts) {
  const auto network = small_network();
  Optimizer optimizer(*network, kWeightDecay, kClipNorm);
  set_gradients(*network, 0, 1);
  optimizer.step(0.01);
  std::vector<nn::NamedTensor> moments = optimizer.moments();
  moments.pop_back();
  SCTAB_EXPECT_THROW_WITH(optimizer.restore(1, moments, "last"), core::InputError, "last", "exp_avg_sq/");
}

}  // namespace
}  // namespace sctab::train
