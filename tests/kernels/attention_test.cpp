#include "sctab/kernels/attention.hpp"

#include <gtest/gtest.h>

#include "kernels/attention_problem.hpp"

namespace sctab::kernels {
namespace {

using tests::AttentionProblem;
using tests::AttentionShape;
using tests::reference::Matrix;

// Scores are sums of n_a products in float, of size 1 to 5; a weight moves by no more than its score.
constexpr double kAttentionTolerance = 1e-5;

const std::vector<AttentionShape> kShapes{{1, 1, 1, 256},
                                          {1, 40, 4, 256},
                                          {3, 1, 2, 256},
                                          {20, 95, 8, 5},
                                          {21, 96, 8, 5, true},
                                          {19, 97, 16, 4},
                                          {7, 200, 3, 2, true},
                                          {130, 127, 64, 64, true},
                                          {65, 128, 64, 256},
                                          {66, 129, 5, 33},
                                          {40, 2000, 64, 20},
                                          {40, 500, 64, 20, true, 100.0},
                                          {16, 300, 64, 8, false, 0.1}};

std::int64_t cell_batch(const GhostNorm& norm, std::int64_t cell) {
  std::int64_t batch = 0;
  while (norm.first_cell(batch + 1) <= cell) ++batch;
  return batch;
}

class Attention : public testing::TestWithParam<std::tuple<Simplex, AttentionShape>> {};

TEST_P(Attention, StatisticsEqualThoseOfTheScores) {
  const auto [simplex, shape] = GetParam();
  const AttentionProblem problem(shape, simplex);
  const AttentionLayer layer = problem.layer();
  tests::reference::Norm plain = problem.norm;
  const Matrix products = product(problem.activations, transposed(problem.weights));
  for (std::int64_t batch = 0; batch < layer.norm.n_batches(); ++batch) {
    const double n = static_cast<double>(layer.norm.size_of(batch));
    for (std::int64_t gene = 0; gene < shape.n_genes; ++gene) {
      double mean = 0, variance = 0, size = 0;
      for (std::int64_t cell = layer.norm.first_cell(batch); cell < layer.norm.first_cell(batch + 1); ++cell) {
        mean += products.at(cell, gene) / n;
      }
      for (std::int64_t cell = layer.norm.first_cell(batch); cell < layer.norm.first_cell(batch + 1); ++cell) {
        variance += std::pow(products.at(cell, gene) - mean, 2) / n;
        size += std::pow(products.at(cell, gene), 2) / n;
      }
      const auto g = static_cast<std::size_t>(gene);
      if (n < 2) mean = plain.running_mean[g], variance = plain.running_variance[g];
      const double got_mean = static_cast<double>(layer.norm.mean_of(batch)[g]);
      const double got_variance = static_cast<double>(layer.norm.variance_of(batch)[g]);
      if (!(std::abs(got_mean - mean) <= 1e-5 * (1 + std::sqrt(size))))
        ADD_FAILURE() << got_mean << " mean, not " << mean;
      if (!(std::abs(got_variance - variance) <= 2e-5 * variance + 1e-10)) {
        ADD_FAILURE() << got_variance << " variance, not " << variance;
      }
    }
  }
}

TEST_P(Attention, MaskEqualsTheDenseOne) {
  const auto [simplex, shape] = GetParam();
  const AttentionProblem problem(shape, simplex);
  sparse::CsrMatrix mask;
  attention_mask(problem.layer(), mask);
  ASSERT_EQ(mask.n_cells, shape.n_cells);
  ASSERT_EQ(mask.n_genes, shape.n_genes);
  for (std::int64_t cell = 0; cell < shape.n_cells; ++cell) {
    const std::span<const sparse::GeneIndex> genes = mask.row(cell).indices;
    ASSERT_FALSE(genes.empty());
    EXPECT_TRUE(std::is_sorted(genes.begin(), genes.end()));
    EXPECT_EQ(std::adjacent_find(genes.begin(), genes.end()), genes.end());
  }
  const Matrix got = tests::reference::dense(mask.view());
  const std::vector<float> values(got.values.begin(), got.values.end());
  tests::reference::expect_close(values, problem.reference_mask(), kAttentionTolerance, "mask");
}

TEST_P(Attention, PanelsMadeBeforeGiveTheSameMask) {
  const auto [simplex, shape] = GetParam();
  const AttentionProblem problem(shape, simplex);
  AttentionLayer layer = problem.layer();
  sparse::CsrMatrix want, got;
  attention_mask(layer, want);
  const AttentionPanels panels(layer.weights, layer.n_a, Precision::kFloat);
  layer.panels = &panels;
  attention_mask(layer, got);
  EXPECT_EQ(got.indptr, want.indptr);
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_EQ(got.data, want.data);
}

// Halves round each weight by up to 2^-11 of itself, and with it a score by 2^-11 of the sum of its terms' sizes, scale
// and prior included. A mask moves by no more than twice what its scores do: the threshold by at most as much.
TEST_P(Attention, HalfPanelsMoveTheMaskByTheRoundingOfWeights) {
  const auto [simplex, shape] = GetParam();
  const AttentionProblem problem(shape, simplex);
  AttentionLayer layer = problem.layer();
  const AttentionPanels panels(layer.weights, layer.n_a, Precision::kHalf);
  layer.panels = &panels;
  sparse::CsrMatrix mask;
  attention_mask(layer, mask);
  double largest = 0;
  for (std::int64_t cell = 0; cell < shape.n_cells; ++cell) {
    const std::span<const float> variance = layer.norm.variance_of(cell_batch(layer.norm, cell));
    for (std::int64_t gene = 0; gene < shape.n_genes; ++gene) {
      double sizes = 0;
      for (std::int64_t k = 0; k < shape.n_a; ++k)
        sizes += std::abs(problem.activations.at(cell, k) * problem.weights.at(gene, k));
      const auto g = static_cast<std::size_t>(gene);
      const auto scale = static_cast<double>(layer.norm.weight[g] / std::sqrt(variance[g] + layer.norm.epsilon));
      largest = std::max(largest, 1.3 * 0x1p-11 * std::abs(scale) * sizes);
    }
  }
  const Matrix got = tests::reference::dense(mask.view()), want = problem.reference_mask();
  for (std::size_t i = 0; i < want.values.size(); ++i) {
    ASSERT_TRUE(std::abs(got.values[i] - want.values[i]) <= 2 * largest + kAttentionTolerance)
        << got.values[i] << ", expected " << want.values[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Attention,
                         testing::Combine(testing::Values(Simplex::kEntmax15, Simplex::kSparsemax),
                                          testing::ValuesIn(kShapes)));

// One virtual batch in eval mode: running statistics for any scores.
TEST(AttentionEval, UsesTheStatisticsGiven) {
  const std::vector<float> activations{1, 2}, weights{1, 0, -1}, weight{1, 2, 3}, bias{0, 0.5F, 1},
      mean{0.1F, 0.2F, 0.3F};
  const std::vector<float> variance{1, 1, 4};
  const std::vector<std::int64_t> starts{0, 2};
  sparse::CsrMatrix mask;
  attention_mask({activations, weights, 1, {starts, weight, bias, mean, variance, 0.0F}, {}, Simplex::kSparsemax},
                 mask);
  Matrix scores(2, 3, std::vector<float>{0.9F, 0.1F, -0.95F, 1.9F, 0.1F, -2.45F});
  const Matrix got = tests::reference::dense(mask.view());
  const std::vector<float> values(got.values.begin(), got.values.end());
  tests::reference::expect_close(values, tests::reference::simplex(Simplex::kSparsemax, scores), 1e-6, "mask");
}

TEST(AttentionEdges, TiesShareTheMaskOverAllGenes) {
  for (const float level : {-1000.0F, 0.0F, 1000.0F}) {
    for (const Simplex simplex : {Simplex::kEntmax15, Simplex::kSparsemax}) {
      const std::vector<float> activations(4 * 2, 0.0F), weights(500 * 2, 1.0F), weight(500, 1.0F), bias(500, level);
      const std::vector<float> mean(500, 0.0F), variance(500, 0.0F);
      const std::vector<std::int64_t> starts{0, 4};
      sparse::CsrMatrix mask;
      attention_mask({activations, weights, 2, {starts, weight, bias, mean, variance}, {}, simplex}, mask);
      ASSERT_EQ(mask.nnz(), 4 * 500);
      for (const float value : mask.data) EXPECT_NEAR(value, 1.0 / 500, 1e-8);
    }
  }
}

TEST(AttentionEdges, NanInOneCellOrGeneIsNotLost) {
  const std::vector<std::int64_t> starts{0, 6};
  const std::vector<float> ones(100, 1.0F), zeros(100, 0.0F);
  core::Rng rng(2);
  const std::vector<float> good = tests::random_normal(rng, 300), weights = tests::random_normal(rng, 300);
  std::vector<float> activations(good.begin(), good.begin() + 18), bad_weights = weights;
  activations[3 * 3 + 1] = NAN;
  sparse::CsrMatrix mask;
  attention_mask({activations, weights, 3, {starts, ones, zeros, zeros, ones}, {}, Simplex::kEntmax15}, mask);
  for (std::int64_t cell = 0; cell < 6; ++cell) EXPECT_EQ(std::isnan(mask.row(cell).data[0]), cell == 3);
  activations[3 * 3 + 1] = 1;
  bad_weights[99 * 3] = NAN;
  attention_mask({activations, bad_weights, 3, {starts, ones, zeros, zeros, ones}, {}, Simplex::kEntmax15}, mask);
  for (std::int64_t cell = 0; cell < 6; ++cell) EXPECT_TRUE(std::isnan(mask.row(cell).data[0]));
}

}  // namespace
}  // namespace sctab::kernels
