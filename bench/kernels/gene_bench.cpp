// The layers over genes, sparse in their input, and what they are made of. The argument is the number of threads.
#include "paper_step.hpp"
#include "sctab/kernels/column_sums.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/gene_layer.hpp"

namespace sctab::bench {
namespace {

using P = PaperStep;

constexpr double kWeightBytes = 4.0 * P::kGenes * P::kHidden, kHiddenBytes = 4.0 * P::kCells * P::kHidden;

double non_zeros(const sparse::CsrMatrix& x) {
  return static_cast<double>(x.nnz());
}

Work projection(const sparse::CsrMatrix& x) {
  return {2 * non_zeros(x) * P::kHidden, 8 * non_zeros(x) + kWeightBytes + kHiddenBytes};
}
Work projection_half(const sparse::CsrMatrix& x) {
  return {2 * non_zeros(x) * P::kHidden, 8 * non_zeros(x) + kWeightBytes / 2 + kHiddenBytes};
}

void csr_projection(benchmark::State& state) {
  P& p = paper_step();
  measure(state, projection(p.x), [&] { kernels::csr_projection(p.x.view(), p.weights, P::kHidden, p.hidden); });
}

void half_matrix(benchmark::State& state) {
  P& p = paper_step();
  measure(state, {0, kWeightBytes * 1.5},
          [&] { benchmark::DoNotOptimize(kernels::HalfMatrix(p.weights, P::kHidden).halves()); });
}

void csr_transpose(benchmark::State& state) {
  P& p = paper_step();
  sparse::CsrMatrix transpose;
  measure(state, {0, 16 * non_zeros(p.x)}, [&] { kernels::csr_transpose(p.x.view(), transpose); });
}

void csr_projection_transposed(benchmark::State& state) {
  P& p = paper_step();
  sparse::CsrMatrix transpose;
  kernels::csr_transpose(p.x.view(), transpose);
  measure(state, projection(p.x),
          [&] { kernels::csr_projection(transpose.view(), p.dhidden, P::kHidden, p.dweights); });
}

void column_sums(benchmark::State& state) {
  P& p = paper_step();
  std::vector<float> sums(P::kGenes);
  measure(state, {0, 8 * non_zeros(p.x)}, [&] { kernels::column_sums(p.x.view(), sums); });
}

void column_moments(benchmark::State& state) {
  P& p = paper_step();
  std::vector<float> mean(P::kGenes), variance(P::kGenes);
  measure(state, {0, 8 * non_zeros(p.x)}, [&] { kernels::column_moments(p.x.view(), mean, variance); });
}

void gene_projection(benchmark::State& state) {
  P& p = paper_step();
  measure(state, projection(p.x), [&] { kernels::gene_projection(p.x.view(), p.gene_layer(), p.hidden); });
}

// The constant row found once a model.
void gene_projection_prepared(benchmark::State& state) {
  P& p = paper_step();
  kernels::GeneLayer layer = p.gene_layer();
  const std::vector<float> constant = kernels::project_shift(layer);
  layer.constant = constant;
  measure(state, projection(p.x), [&] { kernels::gene_projection(p.x.view(), layer, p.hidden); });
}

void gene_projection_half(benchmark::State& state) {
  P& p = paper_step();
  const kernels::HalfGeneLayer layer(p.gene_layer());
  measure(state, projection_half(p.x), [&] { kernels::gene_projection_half(p.x.view(), layer, p.hidden); });
}

void gene_projection_backward(benchmark::State& state) {
  P& p = paper_step();
  sparse::CsrMatrix by_gene;
  kernels::csr_transpose(p.x.view(), by_gene);
  measure(state, {2 * non_zeros(p.x) * P::kHidden, 8 * non_zeros(p.x) + 3 * kWeightBytes + kHiddenBytes}, [&] {
    kernels::gene_projection_backward(by_gene.view(), p.gene_layer(), p.dhidden, {p.dscale, p.dshift, p.dweights});
  });
}

void sampled_product(benchmark::State& state) {
  P& p = paper_step();
  measure(state, projection(p.mask),
          [&] { kernels::sampled_product(p.mask.view(), p.dhidden, p.weights, P::kHidden, p.dmask); });
}

void masked_gene_projection(benchmark::State& state) {
  P& p = paper_step();
  measure(state, projection(p.mask),
          [&] { kernels::masked_gene_projection(p.x.view(), p.mask.view(), p.gene_layer(), p.hidden); });
}

void masked_gene_projection_half(benchmark::State& state) {
  P& p = paper_step();
  const kernels::HalfGeneLayer layer(p.gene_layer());
  measure(state, projection_half(p.mask),
          [&] { kernels::masked_gene_projection_half(p.x.view(), p.mask.view(), layer, p.hidden); });
}

void masked_gene_projection_backward(benchmark::State& state) {
  P& p = paper_step();
  measure(state, {4 * non_zeros(p.mask) * P::kHidden, 8 * non_zeros(p.x) + 3 * kWeightBytes + kHiddenBytes}, [&] {
    kernels::masked_gene_projection_backward(p.x.view(), p.mask.view(), p.gene_layer(), p.dhidden,
                                             {p.dscale, p.dshift, p.dweights}, p.dmask);
  });
}

#define SCTAB_BENCHMARK(name) BENCHMARK(name)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime()
SCTAB_BENCHMARK(csr_projection);
SCTAB_BENCHMARK(half_matrix);
SCTAB_BENCHMARK(csr_transpose);
SCTAB_BENCHMARK(csr_projection_transposed);
SCTAB_BENCHMARK(column_sums);
SCTAB_BENCHMARK(column_moments);
SCTAB_BENCHMARK(gene_projection);
SCTAB_BENCHMARK(gene_projection_prepared);
SCTAB_BENCHMARK(gene_projection_half);
SCTAB_BENCHMARK(gene_projection_backward);
SCTAB_BENCHMARK(sampled_product);
SCTAB_BENCHMARK(masked_gene_projection);
SCTAB_BENCHMARK(masked_gene_projection_half);
SCTAB_BENCHMARK(masked_gene_projection_backward);

}  // namespace
}  // namespace sctab::bench
