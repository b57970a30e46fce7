#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sctab/core/rng.hpp"
#include "sctab/nn/network.hpp"
#include "support/dense_network.hpp"
#include "support/random_tensors.hpp"
#include "support/small_networks.hpp"

namespace sctab::nn::tests {
namespace {

using sctab::tests::DenseNetwork;

constexpr std::int32_t kManyGenes = 6000;

/// Narrow layers over many genes, so that errors come from the sums over genes.
model::Architecture many_genes() {
  model::Architecture architecture = model::tests::small_architecture(model::ModelKind::kTabnet);
  architecture.n_genes = kManyGenes;
  architecture.tabnet = {.n_d = 8, .n_a = 4, .n_steps = 1, .n_independent = 1, .n_shared = 1};
  return architecture;
}

/// Means of up to ten deviations, as of genes that nearly all cells express, so that the constant part of the first
/// layer is as large as that of the non-zeros. Scores are small, so that masks are wide and show what scores lost.
void set_hard_statistics(const NetworkState& state, std::uint64_t seed) {
  core::Rng rng(seed);
  const auto fill = [&](const at::Tensor& tensor, double low, double high) {
    float* values = tensor.data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i)
      values[i] = static_cast<float>(low + (high - low) * rng.uniform());
  };
  for (const auto& [name, tensor] : state.buffers()) {
    if (name == "encoder.initial_bn.running_mean") fill(tensor, 0.2, 1);
    if (name == "encoder.initial_bn.running_var") fill(tensor, 0.01, 1);
  }
  for (const auto& [name, tensor] : state.parameters()) {
    if (name == "encoder.att_transformers.0.bn.bn.weight") fill(tensor, 0.01, 0.02);
  }
}

/// Root mean squares of the difference, which no single cell decides.
double error(const at::Tensor& found, const at::Tensor& exact) {
  return (found.to(at::kDouble) - exact).square().mean().sqrt().item<double>();
}

TEST(KernelAccuracy, IsThatOfDenseFloatsOverManyGenesWithLargeMeans) {
  const at::NoGradGuard no_gradient;
  const model::Architecture architecture = many_genes();
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto network = make_network(architecture, seed);
    set_hard_statistics(network->state(), seed);
    DenseNetwork dense(architecture, seed), exact(architecture, seed);
    for (DenseNetwork* each : {&dense, &exact}) each->state().load(network->state().copy(), "memory");
    exact.convert_to(at::kDouble);
    const sparse::CsrMatrix x = random_cells(32, kManyGenes, seed);
    const auto mask = [&](Network& of) {
      of.eval();
      Explanation explanation;
      of.explain(x.view(), explanation);
      return explanation.masks.front();
    };
    const at::Tensor want = mask(exact);
    const double by_kernels = error(mask(*network), want), by_floats = error(mask(dense), want);
    fmt::print("seed {}: kernels {:.2g}, dense floats {:.2g}\n", seed, by_kernels, by_floats);
    EXPECT_GT((want > 0).sum().item<std::int64_t>(), 32 * 20) << "masks too narrow to show errors of scores";
    // One running sum in float for each output is off by five times as much as dense products, sums of sums by half.
    EXPECT_LT(by_kernels, 2 * by_floats);
  }
}

}  // namespace
}  // namespace sctab::nn::tests
