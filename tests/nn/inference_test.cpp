#include "sctab/model/inference_network.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "nn/network_cases.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/nn/torch_runtime.hpp"
#include "support/dense_network.hpp"
#include "support/fixtures.hpp"

// Inference on kernels against the network that trains, and both against dense arrays in double.
namespace sctab::nn::tests {
namespace {

using model::InferenceNetwork;
using sctab::tests::TemporaryFolder;

constexpr double kSameKernels = 1e-6, kDouble = 2e-4;  // in parts of the largest value

at::Tensor as_tensor(const std::vector<float>& values, std::int64_t n_rows) {
  return at::tensor(values).view({n_rows, -1});
}

class Inference : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    spread_norms(trained_->state());
    trained_->eval();
    save_weights(folder_ / "model.safetensors", trained_->state());
    network_ = model::load_inference_network(folder_ / "model.safetensors", architecture_);
  }

  static void expect_close(const at::Tensor& found, const at::Tensor& want, double tolerance, const std::string& what) {
    ASSERT_EQ(found.sizes(), want.sizes()) << what;
    const double deviation = (found.to(at::kDouble) - want.to(at::kDouble)).abs().max().item<double>();
    const double largest = std::max(want.abs().max().item<double>(), 1e-3);
    if (!(deviation <= tolerance * largest)) ADD_FAILURE() << what << ": " << deviation << " of " << largest;
  }

  void expect_as(Network& other, double tolerance) {
    const at::NoGradGuard no_gradient;
    for (const std::int64_t n_cells : {1, 65, 300}) {
      SCOPED_TRACE(fmt::format("{} cells", n_cells));
      const sparse::CsrMatrix x = random_cells(n_cells, n_inputs_, 2);
      model::Explanation explanation;
      const model::NetworkOutput found = network_->run(x.view(), &explanation);
      Explanation wanted;
      const NetworkOutput want = other.explain(x.view(), wanted);
      expect_close(as_tensor(found.logits, n_cells), want.logits, tolerance, "logits");
      expect_close(as_tensor(found.embedding, n_cells), want.embedding, tolerance, "embedding");
      ASSERT_EQ(explanation.masks.size(), wanted.masks.size());
      for (std::size_t step = 0; step < wanted.masks.size(); ++step) {
        expect_close(dense_tensor(explanation.masks[step].view()), wanted.masks[step], tolerance, "mask");
      }
      if (wanted.masks.empty()) continue;
      expect_close(dense_tensor(explanation.importance.view()), wanted.importance, tolerance, "importance");
    }
  }

  const model::Architecture architecture_ = GetParam().architecture;
  const std::int32_t n_inputs_ = static_cast<std::int32_t>(architecture_.n_inputs());
  const TemporaryFolder folder_;
  std::unique_ptr<Network> trained_ = make_network(architecture_, 3);
  std::unique_ptr<InferenceNetwork> network_;
};

TEST_P(Inference, AgreesWithTheNetworkThatTrains) {
  expect_as(*trained_, kSameKernels);
}

TEST_P(Inference, AgreesWithDenseArraysInDouble) {
  sctab::tests::DenseNetwork exact(architecture_, 3);
  exact.state().load(trained_->state().copy(), "memory");
  exact.convert_to(at::kDouble);
  exact.eval();
  expect_as(exact, kDouble);
}

// Scores of hundreds, so that masks depend on their last digits: by float sums alone masks are off by 1.4e-4. What
// float32 still runs, cells of a lesser condition, is off by 1.5e-5 (odd_widths).
TEST_P(Inference, IsExactWhereScoresBarelySeparateGenes) {
  if (architecture_.kind != model::ModelKind::kTabnet) GTEST_SKIP() << "has no masks";
  for (const auto& [name, tensor] : trained_->state().parameters()) {
    if (name.find("att_transformers") != std::string::npos && name.ends_with("bn.bn.weight")) tensor.detach().mul_(300);
  }
  save_weights(folder_ / "model.safetensors", trained_->state());
  network_ = model::load_inference_network(folder_ / "model.safetensors", architecture_);
  sctab::tests::DenseNetwork exact(architecture_, 3);
  exact.state().load(trained_->state().copy(), "memory");
  exact.convert_to(at::kDouble);
  exact.eval();
  expect_as(exact, 2e-5);
  expect_as(*trained_, kSameKernels);
}

TEST_P(Inference, IsTheSameForAnyNumberOfThreads) {
  const sparse::CsrMatrix x = random_cells(300, n_inputs_, 2);
  const int before = kernels::threads();
  kernels::set_threads(1);
  const model::NetworkOutput want = network_->run(x.view());
  for (const int threads : {2, 3, 4}) {
    kernels::set_threads(threads);
    const model::NetworkOutput found = network_->run(x.view());
    EXPECT_EQ(found.logits, want.logits) << threads;
    EXPECT_EQ(found.embedding, want.embedding) << threads;
  }
  kernels::set_threads(before);
}

TEST_P(Inference, RoundsWeightsToHalfPrecisionAndBack) {
  const sparse::CsrMatrix x = random_cells(300, n_inputs_, 2);
  const std::vector<float> want = network_->run(x.view()).logits;
  network_->set_precision(kernels::Precision::kHalf);
  const std::vector<float> half = network_->run(x.view()).logits;
  EXPECT_NE(half, want);
  // Weights rounded by 2^-11 at most; a mask's support may change, at weights near 0.
  expect_close(as_tensor(half, 300), as_tensor(want, 300), 1e-2, "logits at half precision");
  network_->set_precision(kernels::Precision::kFloat);
  EXPECT_EQ(network_->run(x.view()).logits, want);
}

INSTANTIATE_TEST_SUITE_P(Cases, Inference, testing::ValuesIn(all_cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sctab::nn::tests
