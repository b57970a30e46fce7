// All kernels of one batch in a row, as the network calls them, dense layers included: one training step and one
// inference. The argument is the number of threads.
#include "paper_step.hpp"
#include "sctab/kernels/column_sums.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/dense_product.hpp"
#include "sctab/kernels/gates.hpp"
#include "sctab/kernels/gene_layer.hpp"

namespace sctab::bench {
namespace {

using P = PaperStep;

void linear(P& p) {
  kernels::product_transposed(p.out, p.glu_weights, P::kWidth, p.hidden);
}

void linear_backward(P& p, Floats& dglu_weights) {
  kernels::transposed_product(p.dhidden, p.out, P::kCells, dglu_weights);
  kernels::product(p.dhidden, p.glu_weights, P::kHidden, 0.7F, p.dout);
}

void gate(P& p) {
  kernels::column_statistics(p.hidden, P::kHidden, p.starts, p.gate_mean, p.gate_variance);
  kernels::gated_norm(p.hidden, p.gate_norm(), {}, p.out);
}

void train_step(benchmark::State& state) {
  P p = paper_step();
  Floats exp_avg(p.weights.size()), exp_avg_sq(p.weights.size()), dglu_weights(p.glu_weights.size());
  std::vector<float> mean(P::kGenes), variance(P::kGenes);
  sparse::CsrMatrix mask, by_gene;
  measure(state, {}, [&] {
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
    const std::vector<kernels::AdamWTensor> tensors{{p.dweights, p.weights, exp_avg, exp_avg_sq}};
    kernels::adamw_step({}, 1, kernels::clip_scale(kernels::sum_of_squares(tensors), 1), tensors);
  });
}

// genes(x) and masked(x, mask) are the two layers over genes.
template <typename Genes, typename Masked>
void infer(benchmark::State& state, P& p, const kernels::AttentionLayer& attention, const Genes& genes,
           const Masked& masked) {
  sparse::CsrMatrix mask;
  measure(state, {}, [&] {
    genes();
    kernels::gated_norm(p.hidden, p.gate_norm(), {}, p.out);
    for (int layer = 0; layer < P::kGluLayers; ++layer)
      linear(p), kernels::gated_norm(p.hidden, p.gate_norm(), {}, p.out);
    kernels::attention_mask(attention, mask);
    masked();
    kernels::gated_norm(p.hidden, p.gate_norm(), {}, p.out);
  });
}

void infer(benchmark::State& state) {
  P p = paper_step();
  infer(
      state, p, p.attention(), [&] { kernels::gene_projection(p.x.view(), p.gene_layer(), p.hidden); },
      [&] { kernels::masked_gene_projection(p.x.view(), p.mask.view(), p.gene_layer(), p.hidden); });
}

// With what does not change from batch to batch made once, at half precision.
void infer_half(benchmark::State& state) {
  P p = paper_step();
  kernels::AttentionLayer attention = p.attention();
  const kernels::AttentionPanels panels(attention.weights, P::kActivations, kernels::Precision::kHalf);
  attention.panels = &panels;
  const kernels::HalfGeneLayer layer(p.gene_layer());
  infer(
      state, p, attention, [&] { kernels::gene_projection_half(p.x.view(), layer, p.hidden); },
      [&] { kernels::masked_gene_projection_half(p.x.view(), p.mask.view(), layer, p.hidden); });
}

BENCHMARK(train_step)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(infer)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(infer_half)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sctab::bench
