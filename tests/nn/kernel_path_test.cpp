#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "nn/network_cases.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/nn/torch_runtime.hpp"
#include "support/dense_network.hpp"
#include "support/random_tensors.hpp"

// The kernels' way through a network against torch's, on dense arrays and in double: outputs, gradients and running
// statistics.
namespace sctab::nn::tests {
namespace {

// In parts of the largest value of a tensor, or of a thousandth of the network's largest gradient. Ghost batch norm of
// a handful of cells divides by small deviations, which multiplies float's 6e-8 by some hundreds, layer after layer:
// torch on dense arrays in float is off by up to 4e-4 (mlp, 273 cells).
constexpr double kTolerance = 5e-4;

class KernelPath : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    spread_norms(network_->state());
    exact_.state().load(network_->state().copy(), "memory");
    exact_.convert_to(at::kDouble);
  }

  static void expect_close(const at::Tensor& found, const at::Tensor& want, double scale, const std::string& what) {
    ASSERT_EQ(found.sizes(), want.sizes()) << what;
    const double deviation = (found.to(at::kDouble) - want).abs().max().item<double>();
    const double largest = std::max(want.abs().max().item<double>(), scale);
    if (!(deviation <= kTolerance * largest)) ADD_FAILURE() << what << ": " << deviation << " of " << largest;
  }

  void expect_same_outputs(const NetworkOutput& found, const NetworkOutput& want) {
    expect_close(found.logits, want.logits, 1e-3, "logits");
    expect_close(found.embedding, want.embedding, 1e-3, "embedding");
    expect_close(found.mask_loss, want.mask_loss, 1e-3, "mask loss");
  }

  void expect_same_buffers() {
    const auto &found = network_->state().buffers(), &want = exact_.state().buffers();
    for (std::size_t i = 0; i < want.size(); ++i) {
      expect_close(found[i].tensor, want[i].tensor.to(at::kDouble), 1e-3, want[i].name);
    }
  }

  const model::Architecture architecture_ = GetParam().architecture;
  const std::int32_t n_inputs_ = static_cast<std::int32_t>(architecture_.n_inputs());
  std::unique_ptr<Network> network_ = make_network(architecture_, 3);
  sctab::tests::DenseNetwork exact_{architecture_, 3};
};

TEST_P(KernelPath, TrainsAsDenseArraysInDouble) {
  // One virtual batch; several; a last one of one cell (273 = 16 · 17 + 1); one cell alone.
  for (const std::int64_t n_cells : {7, 64, 50, 273, 1}) {
    SCOPED_TRACE(fmt::format("{} cells", n_cells));
    const sparse::CsrMatrix x = random_cells(n_cells, n_inputs_, 11 + static_cast<std::uint64_t>(n_cells));
    const at::Tensor weights = normal_tensor({n_cells, architecture_.n_types}, 5);
    const auto run = [&](Network& network, const NetworkOutput& output, const at::Tensor& factors) {
      network.zero_gradients();
      ((output.logits * factors).sum() + 3 * output.mask_loss + output.embedding.square().mean()).backward();
      return output;
    };
    const NetworkOutput found = run(*network_, network_->forward(x.view()), weights.to(at::kFloat));
    const NetworkOutput want = run(exact_, exact_.forward(x.view()), weights);
    expect_same_outputs(found, want);
    expect_same_buffers();
    double scale = 0;
    for (const at::Tensor& parameter : exact_.parameters()) {
      scale = std::max(scale, parameter.grad().abs().max().item<double>() / 1000);
    }
    for (std::size_t i = 0; i < network_->parameters().size(); ++i) {
      const auto& [name, parameter] = network_->state().parameters()[i];
      const at::Tensor want_gradient = exact_.parameters()[i].grad();
      if (!want_gradient.defined()) continue;
      expect_close(parameter.grad(), want_gradient, scale, name);
    }
  }
}

TEST_P(KernelPath, PredictsAsDenseArraysInDouble) {
  network_->eval();
  exact_.eval();
  const at::NoGradGuard no_gradient;
  for (const std::int64_t n_cells : {1, 65, 300}) {
    const sparse::CsrMatrix x = random_cells(n_cells, n_inputs_, 2);
    Explanation found, want;
    expect_same_outputs(network_->explain(x.view(), found), exact_.explain(x.view(), want));
    ASSERT_EQ(found.masks.size(), want.masks.size());
    for (std::size_t step = 0; step < want.masks.size(); ++step) {
      expect_close(found.masks[step], want.masks[step], 1, "mask");
    }
    if (!want.masks.empty()) expect_close(found.importance, want.importance, 1, "importance");
  }
}

TEST(KernelPathModes, GiveNoGradientsOutsideTraining) {
  const auto network = make_network(all_cases().front().architecture, 3);
  const sparse::CsrMatrix x = random_cells(20, kGenes, 2);
  EXPECT_TRUE(network->forward(x.view()).logits.requires_grad());
  network->eval();
  EXPECT_FALSE(network->forward(x.view()).logits.requires_grad());
}

TEST_P(KernelPath, EstimatesBatchNormAsDenseArrays) {
  sctab::tests::DenseNetwork dense(architecture_, 3);
  dense.state().load(network_->state().copy(), "memory");
  BatchNormEstimate estimate(*network_), expected(dense);
  for (const std::int64_t n_cells : {40, 1, 25}) {
    const sparse::CsrMatrix x = random_cells(n_cells, n_inputs_, static_cast<std::uint64_t>(n_cells));
    estimate.add(x.view());
    expected.add(x.view());
  }
  for (std::size_t i = 0; i < network_->state().buffers().size(); ++i) {
    const auto& [name, want] = dense.state().buffers()[i];
    expect_close(network_->state().buffers()[i].tensor, want.to(at::kDouble), 1e-2, name);
  }
}

/// One step with this many threads: logits, gradients and running statistics.
std::vector<at::Tensor> step(const model::Architecture& architecture, const sparse::CsrMatrix& x, int threads) {
  set_torch_threads(threads);
  const auto network = make_network(architecture, 3);
  const NetworkOutput output = network->forward(x.view());
  const at::Tensor types = at::arange(x.n_cells) % architecture.n_types;
  (at::cross_entropy_loss(output.logits, types, at::linspace(1, 2, architecture.n_types)) - 1e-2 * output.mask_loss)
      .backward();
  std::vector<at::Tensor> results{output.logits.detach(), output.mask_loss.detach()};
  for (const at::Tensor& parameter : network->parameters()) {
    results.push_back(parameter.grad().defined() ? parameter.grad() : at::zeros({1}));
  }
  for (const auto& [name, buffer] : network->state().buffers()) results.push_back(buffer);
  return results;
}

TEST_P(KernelPath, IsTheSameForAnyNumberOfThreads) {
  // Large enough for torch's own operations to be split, and for the kernels' parts of 1,024 genes.
  model::Architecture architecture = architecture_;
  architecture.n_genes = 1200;
  architecture.mlp.hidden_size = 100;
  const sparse::CsrMatrix x = random_cells(1500, static_cast<std::int32_t>(architecture.n_inputs()), 4);
  const std::vector<at::Tensor> want = step(architecture, x, 1);
  for (const int threads : {2, 3, 4}) {
    const std::vector<at::Tensor> found = step(architecture, x, threads);
    for (std::size_t i = 0; i < want.size(); ++i) {
      EXPECT_TRUE(at::equal(found[i], want[i])) << threads << " threads, tensor " << i;
    }
  }
  set_torch_threads(1);
}

INSTANTIATE_TEST_SUITE_P(Networks, KernelPath, testing::ValuesIn(all_cases()),
                         [](const auto& case_info) { return case_info.param.name; });

}  // namespace
}  // namespace sctab::nn::tests
