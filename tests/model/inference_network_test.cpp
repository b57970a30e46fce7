#include "sctab/model/inference_network.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/sparse/normalise.hpp"
#include "support/fixtures.hpp"
#include "support/random_csr.hpp"
#include "support/random_network.hpp"

// What must hold of any network, without another implementation: tests/nn compares with the network that trains. These
// run under sanitizers.
namespace sctab::model::tests {
namespace {

using sctab::tests::TemporaryFolder;

struct NetworkCase {
  const char* name;
  ModelKind kind;
  MaskType mask_type;
  double scale;  // of the weights: large ones bring cells to the threshold of the path in double
};

Architecture architecture_of(const NetworkCase& of) {
  Architecture architecture;
  architecture.kind = of.kind;
  architecture.n_genes = 301;  // no multiple of any vector's length
  architecture.n_types = 7;
  architecture.tabnet = {
      .n_d = 9, .n_a = 5, .n_steps = 3, .n_independent = 1, .n_shared = 2, .mask_type = of.mask_type};
  architecture.mlp = {.n_hidden = 2, .hidden_size = 11};
  return architecture;
}

class AnyNetwork : public testing::TestWithParam<NetworkCase> {
 protected:
  void SetUp() override {
    sctab::tests::write_random_network(folder_ / "w.safetensors", architecture_of(GetParam()), 3, GetParam().scale);
    network_ = load_inference_network(folder_ / "w.safetensors", architecture_of(GetParam()));
    core::Rng rng(5);
    cells_ = sctab::tests::random_counts(rng, 131, 301, 0.2);
    sparse::log_normalise(cells_);
  }

  TemporaryFolder folder_;
  std::unique_ptr<InferenceNetwork> network_;
  sparse::CsrMatrix cells_;
};

TEST_P(AnyNetwork, GivesTheSameBitsForAnyNumberOfThreads) {
  std::vector<NetworkOutput> found;
  for (const int threads : {1, 3}) {
    kernels::set_threads(threads);
    found.push_back(network_->run(cells_.view()));
  }
  kernels::set_threads(0);
  EXPECT_EQ(found[0].logits, found[1].logits);
  EXPECT_EQ(found[0].embedding, found[1].embedding);
}

TEST_P(AnyNetwork, LooksAtEachCellByItself) {
  const NetworkOutput all = network_->run(cells_.view());
  for (const std::int64_t cell : {0, 64, 130}) {
    const NetworkOutput one = network_->run(kernels::rows_of(cells_.view(), cell, cell + 1));
    for (std::size_t type = 0; type < 7; ++type) {
      const float want = all.logits[static_cast<std::size_t>(cell) * 7 + type];
      EXPECT_NEAR(one.logits[type], want, 1e-4F * std::max(1.0F, std::abs(want))) << cell;
    }
  }
}

TEST_P(AnyNetwork, MasksAreSharesOfAttention) {
  Explanation explanation;
  const NetworkOutput found = network_->run(cells_.view(), &explanation);
  for (const float logit : found.logits) EXPECT_TRUE(std::isfinite(logit));
  ASSERT_EQ(explanation.masks.size(), GetParam().kind == ModelKind::kTabnet ? 3U : 0U);
  for (const sparse::CsrMatrix& mask : explanation.masks) {
    ASSERT_EQ(mask.n_cells, 131);
    for (std::int64_t cell = 0; cell < mask.n_cells; ++cell) {
      double sum = 0;
      for (const float share : mask.view().row(cell).data) {
        EXPECT_GE(share, 0.0F);
        sum += static_cast<double>(share);
      }
      EXPECT_NEAR(sum, 1, 1e-5);
    }
  }
}

TEST_P(AnyNetwork, HalfPrecisionIsNear) {
  const NetworkOutput want = network_->run(cells_.view());
  network_->set_precision(kernels::Precision::kHalf);
  const NetworkOutput found = network_->run(cells_.view());
  double deviation = 0, largest = 0;
  for (std::size_t i = 0; i < want.logits.size(); ++i) {
    deviation += std::abs(static_cast<double>(found.logits[i] - want.logits[i]));
    largest += std::abs(static_cast<double>(want.logits[i]));
  }
  EXPECT_GT(deviation, 0);
  EXPECT_LT(deviation, 0.05 * largest);
}

INSTANTIATE_TEST_SUITE_P(Kinds, AnyNetwork,
                         testing::Values(NetworkCase{"entmax", ModelKind::kTabnet, MaskType::kEntmax, 1},
                                         NetworkCase{"sparsemax", ModelKind::kTabnet, MaskType::kSparsemax, 1},
                                         NetworkCase{"steep", ModelKind::kTabnet, MaskType::kEntmax, 30},
                                         NetworkCase{"mlp", ModelKind::kMlp, MaskType::kEntmax, 1},
                                         NetworkCase{"linear", ModelKind::kLinear, MaskType::kEntmax, 1}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace sctab::model::tests
