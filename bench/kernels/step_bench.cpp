// All kernels of one batch in a row, as the network will call them, dense layers included: one training step and one
// inference. The argument is the number of threads.
#include <cblas.h>

#include "paper_step.hpp"
#include "sctab/kernels/column_sums.hpp"
#include "sctab/kernels/csr_transpose.hpp"
#include "sctab/kernels/gated_norm.hpp"

namespace sctab::bench {
namespace {

using P = PaperStep;

void linear(P& p) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, P::kCells, P::kHidden, P::kWidth, 1.0F, p.out.data(), P::kWidth,
              p.glu_weights.data(), P::kWidth, 0.0F, p.hidden.data(), P::kHidden);
}

void linear_backward(P& p, std::vector<float>& dglu_weights) {
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, P::kHidden, P::kWidth, P::kCells, 1.0F, p.dhidden.data(),
              P::kHidden, p.out.data(), P::kWidth, 0.0F, dglu_weights.data(), P::kWidth);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, P::kCells, P::kWidth, P::kHidden, 1.0F, p.dhidden.data(),
              P::kHidden, p.glu_weights.data(), P::kWidth, 0.7F, p.dout.data(), P::kWidth);
}

void gate(P& p) {
  kernels::column_statistics(p.hidden, P::kHidden, p.starts, p.gate_mean, p.gate_variance);
  kernels::gated_norm(p.hidden, p.gate_norm(), {}, p.out);
}

void train_step(benchmark::State& state) {
  use_threads(state);
  P p = paper_step();
  std::vector<float> exp_avg(p.weights.size()), exp_avg_sq(p.weights.size()), dglu_weights(p.glu_weights.size());
  std::vector<float> mean(P::kGenes), variance(P::kGenes);
  sparse::CsrMatrix mask, by_gene;
  for (auto _ : state) {
    kernels::column_moments(p.x.view(), mean, variance);
    kernels::gene_projection(p.x.view(), p.gene_layer(), p.hidden);
    gate(p);
    for (int layer = 0; layer < P::kGluLayers; ++layer) linear(p), gate(p);
    kernels::score_statistics(p.activations, p.attention_weights, P::kActivations, p.starts, p.score_mean,
                              p.score_variance);
    kernels::attention_mask(p.attention(), mask);
    kernels::masked_gene_projection(p.x.view(), p.mask.view(), p.gene_layer(), p.hidden);
    gate(p);
    for (int layer = 0; layer < P::kGluLayers + 2; ++layer) {
      kernels::gated_norm_backward(p.hidden, p.gate_norm(), true, p.out, {p.dhidden, p.dgate_weight, p.dgate_bias});
      if (layer < P::kGluLayers) linear_backward(p, dglu_weights);
    }
    kernels::masked_gene_projection_backward(p.x.view(), p.mask.view(), p.gene_layer(), p.dhidden,
                                             {p.dscale, p.dshift, p.dweights}, p.dmask);
    kernels::simplex_backward(kernels::Simplex::kEntmax15, p.mask.view(), p.dmask, p.dscores);
    kernels::attention_backward(p.attention(), p.mask.view(), p.dscores,
                                {p.dactivations, p.dattention_weights, p.dscore_weight, p.dscore_bias, {}});
    kernels::csr_transpose(p.x.view(), by_gene);
    kernels::gene_projection_backward(by_gene.view(), p.gene_layer(), p.dhidden, {p.dscale, p.dshift, p.dweights});
    const float clip = kernels::clip_scale(kernels::sum_of_squares(p.dweights), 1);
    kernels::adamw_step({}, 1, clip, p.dweights, p.weights, exp_avg, exp_avg_sq);
  }
  count(state, 0);
}

void infer(benchmark::State& state) {
  use_threads(state);
  P p = paper_step();
  sparse::CsrMatrix mask;
  for (auto _ : state) {
    kernels::gene_projection(p.x.view(), p.gene_layer(), p.hidden);
    kernels::gated_norm(p.hidden, p.gate_norm(), {}, p.out);
    for (int layer = 0; layer < P::kGluLayers; ++layer)
      linear(p), kernels::gated_norm(p.hidden, p.gate_norm(), {}, p.out);
    kernels::attention_mask(p.attention(), mask);
    kernels::masked_gene_projection(p.x.view(), p.mask.view(), p.gene_layer(), p.hidden);
    kernels::gated_norm(p.hidden, p.gate_norm(), {}, p.out);
  }
  count(state, 0);
}

BENCHMARK(train_step)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(infer)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sctab::bench
