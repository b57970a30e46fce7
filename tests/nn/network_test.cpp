#include "sctab/nn/network.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <set>

#include "nn/gradient_check.hpp"
#include "sctab/core/error.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/nn/torch_runtime.hpp"
#include "support/dense_network.hpp"
#include "support/fixtures.hpp"
#include "support/random_tensors.hpp"
#include "support/small_networks.hpp"

namespace sctab::nn::tests {
namespace {

using model::tests::kAllKinds;
using model::tests::small_architecture;

sparse::CsrMatrix cells(std::int64_t n) {
  return random_cells(n, 12, 7);
}

void expect_same_state(const Network& a, const Network& b, bool same) {
  bool equal = true;
  const auto of_a = a.state().copy(), of_b = b.state().copy();
  for (std::size_t i = 0; i < of_a.size(); ++i) equal = equal && at::equal(of_a[i].tensor, of_b[i].tensor);
  EXPECT_EQ(equal, same);
}

class EachKind : public testing::TestWithParam<model::ModelKind> {
 protected:
  model::Architecture architecture_ = small_architecture(GetParam());
  std::unique_ptr<Network> network_ = make_network(architecture_, 1);
};

TEST_P(EachKind, GradientsOnDenseArraysEqualDifferences) {
  architecture_.mlp.dropout = 0;
  for (const model::MaskType mask_type : {model::MaskType::kEntmax, model::MaskType::kSparsemax}) {
    for (const std::int64_t n_shared : {0, 2}) {
      architecture_.tabnet.mask_type = mask_type;
      architecture_.tabnet.n_shared = n_shared;
      sctab::tests::DenseNetwork network(architecture_, 3);
      network.convert_to(at::kDouble);
      const sparse::CsrMatrix x = cells(10);
      const at::Tensor weights = normal_tensor({10, 5}, 2);
      const auto loss = [&] {
        const NetworkOutput output = network.forward(x.view());
        return (output.logits * weights).sum() + output.mask_loss;
      };
      for (const auto& [name, parameter] : network.state().parameters()) {
        expect_gradient(loss, parameter, name, 1e-5, 12);
      }
    }
  }
}

TEST_P(EachKind, OutputHasItsShapes) {
  const NetworkOutput output = network_->forward(cells(9).view());
  EXPECT_EQ(output.logits.sizes(), (std::vector<std::int64_t>{9, 5}));
  EXPECT_EQ(output.embedding.sizes(), (std::vector<std::int64_t>{9, model::embedding_width(architecture_)}));
  EXPECT_EQ(output.mask_loss.dim(), 0);
  EXPECT_TRUE(output.mask_loss.item<double>() <= 0);
}

TEST_P(EachKind, AnyBatchSizeTrainsWithFiniteNumbers) {
  for (const std::int64_t n : {1, 2, 3, 4, 5, 9}) {  // virtual batches hold 4
    network_->zero_gradients();
    const sparse::CsrMatrix x = cells(n);
    const NetworkOutput output = network_->forward(x.view());
    (output.logits.square().mean() + output.mask_loss).backward();
    for (const auto& [name, parameter] : network_->state().parameters()) {
      EXPECT_TRUE(at::isfinite(parameter.grad()).all().item<bool>()) << name << " at " << n << " cells";
    }
    for (const auto& [name, buffer] : network_->state().buffers()) {
      EXPECT_TRUE(at::isfinite(buffer).all().item<bool>()) << name << " at " << n << " cells";
    }
  }
}

TEST_P(EachKind, EvalIsAFunctionOfEachCell) {
  network_->forward(cells(9).view());  // moves running statistics off their start
  network_->eval();
  const sparse::CsrMatrix x = cells(9);
  const at::Tensor together = network_->forward(x.view()).logits;
  for (std::int64_t i = 0; i < 9; ++i) {
    const at::Tensor alone = network_->forward(kernels::rows_of(x.view(), i, i + 1)).logits[0];
    EXPECT_TRUE(at::allclose(alone, together[i], 1e-5, 1e-6)) << i;
  }
  EXPECT_TRUE(at::equal(network_->forward(x.view()).logits, together));
}

TEST_P(EachKind, SeedAloneDecides) {
  expect_same_state(*network_, *make_network(architecture_, 1), true);
  expect_same_state(*network_, *make_network(architecture_, 2), false);
  const auto again = make_network(architecture_, 1);
  EXPECT_TRUE(at::equal(network_->forward(cells(6).view()).logits, again->forward(cells(6).view()).logits));
}

TEST_P(EachKind, GlobalGeneratorStaysWhereItIs) {
  const at::Tensor before = at::detail::getDefaultCPUGenerator().get_state().clone();
  make_network(architecture_, 5)->forward(cells(6).view());
  EXPECT_TRUE(at::equal(before, at::detail::getDefaultCPUGenerator().get_state()));
}

TEST_P(EachKind, RandomStateResumes) {
  network_->forward(cells(6).view());
  const at::Tensor random_state = network_->random_state().clone();
  const auto weights = network_->state().copy();
  const at::Tensor want = network_->forward(cells(6).view()).logits.detach();

  const auto resumed = make_network(architecture_, 99);
  resumed->state().load(weights, "memory");
  resumed->set_random_state(random_state);
  EXPECT_TRUE(at::equal(resumed->forward(cells(6).view()).logits, want));
}

TEST_P(EachKind, BatchNormEstimateKeepsWeightsModeAndRandomState) {
  const at::Tensor random_state = network_->random_state().clone();
  const auto before = network_->state().copy();
  network_->eval();
  BatchNormEstimate estimate(*network_);
  estimate.add(cells(9).view());
  estimate.add(cells(4).view());
  EXPECT_EQ(estimate.n_cells(), 13);
  EXPECT_FALSE(network_->training());
  EXPECT_TRUE(at::equal(random_state, network_->random_state()));
  for (std::size_t i = 0; i < network_->state().parameters().size(); ++i) {
    EXPECT_TRUE(at::equal(network_->state().parameters()[i].tensor, before[i].tensor));
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, EachKind, testing::ValuesIn(kAllKinds),
                         [](const auto& case_info) { return std::string(name(case_info.param)); });

TEST(Tabnet, EstimatedStatisticsMakeEvalEqualOneTrainingBatch) {
  // In one batch of one virtual batch, training normalises by the same statistics, but for n / (n − 1) in the variance.
  model::Architecture architecture = small_architecture(model::ModelKind::kTabnet);
  architecture.tabnet.virtual_batch_size = 4000;
  const auto network = make_network(architecture, 1);
  const sparse::CsrMatrix x = cells(3000);
  const at::Tensor want = network->forward(x.view()).logits.detach();
  BatchNormEstimate(*network).add(x.view());
  network->eval();
  const at::Tensor found = network->forward(x.view()).logits.detach();
  const double deviation = ((found - want).abs().max() / want.abs().max()).item<double>();
  EXPECT_TRUE(deviation < 5e-3) << deviation;
}

TEST(Tabnet, SharedLayersAreOneTensorWithManyNames) {
  const auto network = make_network(small_architecture(model::ModelKind::kTabnet), 1);
  std::set<std::string> names;
  std::set<const void*> tensors;
  for (const auto& [name, tensor] : network->state().parameters()) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(tensors.insert(tensor.unsafeGetTensorImpl()).second) << name;
  }
  EXPECT_TRUE(names.contains("encoder.initial_splitter.shared.shared_layers.1.weight"));
  for (const auto& [name, tensor] : network->state().tied_names()) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(tensors.contains(tensor.unsafeGetTensorImpl())) << name;
  }
  EXPECT_TRUE(names.contains("encoder.feat_transformers.1.shared.glu_layers.1.fc.weight"));
  // 2 shared layers × 3 stacks × 2 names, less the 2 first ones.
  EXPECT_EQ(network->state().tied_names().size(), 10U);
}

TEST(Tabnet, InitialWeightsHaveThePublishedSpread) {
  model::Architecture architecture;
  architecture.n_genes = 2000;
  architecture.n_types = 100;
  const auto network = make_network(architecture, 1);
  const auto expect_spread = [&](const std::string& wanted, double n_in, double gain) {
    for (const auto& [name, tensor] : network->state().parameters()) {
      if (name == wanted) {
        EXPECT_NEAR(tensor.std().item<double>() / std::sqrt(gain / std::sqrt(n_in)), 1, 0.03) << name;
        return;
      }
    }
    ADD_FAILURE() << "no " << wanted;
  };
  expect_spread("encoder.initial_splitter.shared.shared_layers.0.weight", 2000, 2);
  expect_spread("encoder.initial_splitter.specifics.glu_layers.4.fc.weight", 192, 2);
  expect_spread("encoder.att_transformers.0.fc.weight", 64, 1);
  expect_spread("final_mapping.weight", 128, 1);
}

TEST(Tabnet, ExplanationHoldsOneMaskAStep) {
  const auto network = make_network(small_architecture(model::ModelKind::kTabnet), 1);
  network->eval();
  Explanation explanation;
  network->explain(cells(6).view(), explanation);
  ASSERT_EQ(explanation.masks.size(), 2U);
  for (const at::Tensor& mask : explanation.masks) {
    EXPECT_TRUE(at::allclose(mask.sum(1), at::ones({6}), 0, 1e-6));
  }
  EXPECT_EQ(explanation.importance.sizes(), (std::vector<std::int64_t>{6, 12}));
}

TEST(Mlp, DropoutActsInTrainingOnly) {
  const auto network = make_network(small_architecture(model::ModelKind::kMlp), 1);
  EXPECT_FALSE(at::equal(network->forward(cells(6).view()).logits, network->forward(cells(6).view()).logits));
  network->eval();
  EXPECT_TRUE(at::equal(network->forward(cells(6).view()).logits, network->forward(cells(6).view()).logits));
}

TEST(DenseMaskLoss, GradientEqualsDifferences) {
  using sctab::tests::dense_mask_loss;
  const at::Tensor mask = normal_tensor({4, 6}, 1).softmax(1);
  expect_gradient([&] { return dense_mask_loss(mask, 1e-15); }, mask, "mask");
  EXPECT_NEAR(dense_mask_loss(at::full({3, 4}, 0.25), 1e-15).item<double>(), -std::log(4.0), 1e-6);
  EXPECT_EQ(dense_mask_loss(at::tensor({0.0F, 1.0F}).view({1, 2}), 1e-15).item<double>(), 0);
}

TEST(MakeNetwork, RefusesSizesThatCannotBe) {
  model::Architecture architecture = small_architecture(model::ModelKind::kTabnet);
  architecture.tabnet.n_steps = 0;
  SCTAB_EXPECT_THROW_WITH(make_network(architecture, 1), core::InputError, "n_steps", "0");
}

TEST(TorchRuntime, BlasOfTheseTestsIsFast) {
  EXPECT_TRUE(blas_is_fast());
}

}  // namespace
}  // namespace sctab::nn::tests
