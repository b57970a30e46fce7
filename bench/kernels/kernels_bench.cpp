// One benchmark a kernel, at the paper's size. The argument is the number of threads.
#include "paper_step.hpp"
#include "sctab/kernels/column_sums.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/csr_transpose.hpp"
#include "sctab/kernels/gated_norm.hpp"
#include "sctab/kernels/sampled_product.hpp"

namespace sctab::bench {
namespace {

using P = PaperStep;

double projection_flops(const sparse::CsrMatrix& x) {
  return 2.0 * static_cast<double>(x.nnz()) * P::kHidden;
}

void csr_projection(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  for (auto _ : state) kernels::csr_projection(p.x.view(), p.weights, P::kHidden, p.hidden);
  count(state, projection_flops(p.x));
}

void csr_transpose(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  sparse::CsrMatrix transpose;
  for (auto _ : state) kernels::csr_transpose(p.x.view(), transpose);
  count(state, 0, 16.0 * static_cast<double>(p.x.nnz()));
}

void csr_projection_transposed(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  sparse::CsrMatrix transpose;
  kernels::csr_transpose(p.x.view(), transpose);
  for (auto _ : state) kernels::csr_projection(transpose.view(), p.dhidden, P::kHidden, p.dweights);
  count(state, projection_flops(p.x));
}

void column_moments(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  std::vector<float> mean(P::kGenes), variance(P::kGenes);
  for (auto _ : state) kernels::column_moments(p.x.view(), mean, variance);
  count(state, 0, 8.0 * static_cast<double>(p.x.nnz()));
}

void gene_projection(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  for (auto _ : state) kernels::gene_projection(p.x.view(), p.gene_layer(), p.hidden);
  count(state, projection_flops(p.x));
}

void gene_projection_backward(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  sparse::CsrMatrix by_gene;
  kernels::csr_transpose(p.x.view(), by_gene);
  for (auto _ : state) {
    kernels::gene_projection_backward(by_gene.view(), p.gene_layer(), p.dhidden, {p.dscale, p.dshift, p.dweights});
  }
  count(state, projection_flops(p.x));
}

void score_statistics(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  for (auto _ : state) {
    kernels::score_statistics(p.activations, p.attention_weights, P::kActivations, p.starts, p.score_mean,
                              p.score_variance);
  }
  count(state, 2.0 * static_cast<double>(p.starts.size() - 1) * P::kGenes * P::kActivations * P::kActivations);
}

void attention_mask(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  sparse::CsrMatrix mask;
  for (auto _ : state) kernels::attention_mask(p.attention(), mask);
  count(state, 2.0 * P::kCells * P::kGenes * P::kActivations);
  state.counters["genes/cell"] = static_cast<double>(mask.nnz()) / P::kCells;
}

void attention_backward(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  for (auto _ : state) {
    kernels::simplex_backward(kernels::Simplex::kEntmax15, p.mask.view(), p.dmask, p.dscores);
    kernels::attention_backward(p.attention(), p.mask.view(), p.dscores,
                                {p.dactivations, p.dattention_weights, p.dscore_weight, p.dscore_bias, {}});
  }
  count(state, 0);
}

void sampled_product(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  for (auto _ : state) kernels::sampled_product(p.mask.view(), p.dhidden, p.weights, P::kHidden, p.dmask);
  count(state, projection_flops(p.mask));
}

void masked_gene_projection(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  for (auto _ : state) kernels::masked_gene_projection(p.x.view(), p.mask.view(), p.gene_layer(), p.hidden);
  count(state, projection_flops(p.mask));
}

void masked_gene_projection_backward(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  for (auto _ : state) {
    kernels::masked_gene_projection_backward(p.x.view(), p.mask.view(), p.gene_layer(), p.dhidden,
                                             {p.dscale, p.dshift, p.dweights}, p.dmask);
  }
  count(state, 2 * projection_flops(p.mask));
}

void gated_norm(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  for (auto _ : state) {
    kernels::column_statistics(p.hidden, P::kHidden, p.starts, p.gate_mean, p.gate_variance);
    kernels::gated_norm(p.hidden, p.gate_norm(), p.dout, p.out);
  }
  count(state, 0, 4.0 * P::kCells * P::kWidth * 6);
}

void gated_norm_backward(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  for (auto _ : state) {
    kernels::gated_norm_backward(p.hidden, p.gate_norm(), true, p.dout, {p.dhidden, p.dgate_weight, p.dgate_bias});
  }
  count(state, 0, 4.0 * P::kCells * P::kWidth * 9);
}

void adamw(benchmark::State& state) {
  use_threads(state);
  P& p = paper_step();
  std::vector<float> exp_avg(p.weights.size()), exp_avg_sq(p.weights.size());
  for (auto _ : state) {
    const float clip = kernels::clip_scale(kernels::sum_of_squares(p.dweights), 1);
    kernels::adamw_step({}, 1, clip, p.dweights, p.weights, exp_avg, exp_avg_sq);
  }
  count(state, 0, 4.0 * 8 * static_cast<double>(p.weights.size()));
}

#define SCTAB_BENCHMARK(name) BENCHMARK(name)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime()
SCTAB_BENCHMARK(csr_projection);
SCTAB_BENCHMARK(csr_transpose);
SCTAB_BENCHMARK(csr_projection_transposed);
SCTAB_BENCHMARK(column_moments);
SCTAB_BENCHMARK(gene_projection);
SCTAB_BENCHMARK(gene_projection_backward);
SCTAB_BENCHMARK(score_statistics);
SCTAB_BENCHMARK(attention_mask);
SCTAB_BENCHMARK(attention_backward);
SCTAB_BENCHMARK(sampled_product);
SCTAB_BENCHMARK(masked_gene_projection);
SCTAB_BENCHMARK(masked_gene_projection_backward);
SCTAB_BENCHMARK(gated_norm);
SCTAB_BENCHMARK(gated_norm_backward);
SCTAB_BENCHMARK(adamw);

}  // namespace
}  // namespace sctab::bench
