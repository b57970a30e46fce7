// The same input through every vector unit that this processor has, and with other numbers of threads.
#include <gtest/gtest.h>
#include <hwy/highway.h>

#include "kernels/attention_problem.hpp"
#include "sctab/kernels/adamw.hpp"
#include "sctab/kernels/attention.hpp"
#include "sctab/kernels/column_sums.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/dense_product.hpp"
#include "sctab/kernels/gates.hpp"
#include "sctab/kernels/gene_layer.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

using Outputs = std::vector<std::vector<float>>;

// One pass through all that makes up a training step, at a size that gives several tasks each.
Outputs step() {
  Outputs all;
  const auto keep = [&](const std::vector<float>& values) { all.push_back(values); };
  core::Rng rng(31);
  constexpr std::int64_t kCells = 400, kGenes = 700, kWidth = 48;
  const auto zeros = [](std::int64_t n) { return std::vector<float>(static_cast<std::size_t>(n)); };
  const sparse::CsrMatrix x = tests::random_cells(rng, kCells, kGenes, 0.1);
  std::vector<float> mean = zeros(kGenes), variance = zeros(kGenes);
  column_moments(x.view(), mean, variance);
  keep(mean), keep(variance);

  const std::vector<float> weights = tests::random_normal(rng, kGenes * kWidth);
  const GeneLayer layer{variance, mean, weights, kWidth};
  std::vector<float> out = zeros(kCells * kWidth), dscale = zeros(kGenes), dshift = dscale,
                     dweights = zeros(kGenes * kWidth);
  gene_projection(x.view(), layer, out), keep(out);
  gene_projection_half(x.view(), HalfGeneLayer(layer), out), keep(out);
  sparse::CsrMatrix by_gene;
  csr_transpose(x.view(), by_gene);
  gene_projection_backward(by_gene.view(), layer, out, {dscale, dshift, dweights});

  const tests::AttentionProblem problem({kCells, kGenes, 16, 100}, Simplex::kEntmax15);
  const AttentionLayer attention = problem.layer();
  sparse::CsrMatrix mask;
  attention_mask(attention, mask);
  keep(mask.data);
  std::vector<float> dmask = zeros(mask.nnz()), dscores = dmask;
  masked_gene_projection_half(x.view(), mask.view(), HalfGeneLayer(layer), out), keep(out);
  masked_gene_projection(x.view(), mask.view(), layer, out), keep(out);
  masked_gene_projection_backward(x.view(), mask.view(), layer, out, {dscale, dshift, dweights}, dmask);
  keep(dmask), keep(dscale), keep(dshift), keep(dweights);
  simplex_backward(attention.simplex, mask.view(), dmask, dscores), keep(dscores);
  std::vector<float> dactivations = zeros(kCells * 16), dattention = zeros(kGenes * 16), dweight = zeros(kGenes),
                     dbias = dweight;
  attention_backward(attention, mask.view(), dscores, {dactivations, dattention, dweight, dbias, {}});
  keep(dactivations), keep(dattention), keep(dweight), keep(dbias);

  const std::vector<std::int64_t> starts = virtual_batch_starts(kCells, 100);
  std::vector<float> norm_mean = zeros(4 * kWidth), norm_variance = norm_mean, gated = zeros(kCells * kWidth / 2);
  column_statistics(out, kWidth, starts, norm_mean, norm_variance);
  const std::vector<float> ones(kWidth, 1.0F), nothing = zeros(kWidth);
  const GhostNorm norm{starts, ones, nothing, norm_mean, norm_variance};
  gated_norm(out, norm, {}, gated), keep(gated);
  std::vector<float> dprojected = zeros(kCells * kWidth), dnorm = zeros(kWidth), dnorm_bias = dnorm;
  gated_norm_backward(out, norm, false, gated, {dprojected, dnorm, dnorm_bias});
  keep(dprojected), keep(dnorm), keep(dnorm_bias);

  std::vector<float> dense = zeros(kCells * kGenes);
  product_transposed(out, weights, kWidth, dense), keep(dense);
  product(dense, weights, kGenes, 0.7F, dprojected), keep(dprojected);
  dense = zeros(kWidth * kWidth);
  transposed_product(out, dprojected, kCells, dense), keep(dense);

  std::vector<float> parameter = weights, exp_avg = zeros(kGenes * kWidth), exp_avg_sq = exp_avg;
  const std::vector<AdamWTensor> tensors{{dweights, parameter, exp_avg, exp_avg_sq}};
  const float clip = clip_scale(std::sqrt(sum_of_squares(tensors)), 1);
  adamw_step({}, 1, clip, tensors);
  keep({clip}), keep(exp_avg), keep(exp_avg_sq);
  return all;
}

TEST(Threads, DoNotChangeABit) {
  const int before = threads();
  set_threads(1);
  const Outputs one = step();
  for (const int n_threads : {2, 3, 4}) {
    set_threads(n_threads);
    EXPECT_TRUE(step() == one) << n_threads << " threads";
  }
  set_threads(before);
}

TEST(VectorUnits, AgreeWithinRounding) {
  const Outputs best = step();
  int n_tried = 0;
  for (std::int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    const std::int64_t target = targets & -targets;
    hwy::SetSupportedTargetsForTest(target);
    const Outputs got = step();
    ASSERT_EQ(got.size(), best.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::vector<double> want(best[i].begin(), best[i].end());
      if (got[i].size() != want.size()) {
        // A weight that is all but zero may lie in the support for one and not for the other.
        ADD_FAILURE() << hwy::TargetName(target) << ": output " << i << " has " << got[i].size() << " values, not "
                      << want.size();
        break;
      }
      tests::reference::expect_close(got[i], want, 1e-4, hwy::TargetName(target));
    }
    ++n_tried;
  }
  hwy::SetSupportedTargetsForTest(0);
  EXPECT_GE(n_tried, 1);
}

}  // namespace
}  // namespace sctab::kernels
