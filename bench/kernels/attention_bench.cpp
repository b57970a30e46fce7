// Attention and what surrounds it. The arguments are the number of threads and which masks.
#include <set>
#include <string>

#include "paper_step.hpp"
#include "sctab/kernels/mask.hpp"

namespace sctab::bench {
namespace {

using P = PaperStep;

// Which masks: those of scores as a fresh batch norm gives them, a few dozen genes; wide ones, of scores that differ
// little, as a new model's may; and those of a second decision step, when an earlier one has looked at 1% of the genes.
enum Masks { kNarrow, kWide, kSecondStep };

struct AttentionStep {
  explicit AttentionStep(Masks masks) {
    P& p = paper_step();
    if (masks == kWide) weight.assign(P::kGenes, 0.1F);
    layer.norm.weight = weight;
    if (masks == kSecondStep) {
      kernels::advance_prior({}, p.mask.view(), 1.3F, used);
      layer.prior = {1.3F, used.view()};
    }
    kernels::attention_mask(layer, mask);
    dmask.assign(mask.data.begin(), mask.data.end());
    dscores = dmask;
    dprior.assign(used.data.size(), 0.0F);
  }
  [[nodiscard]] double non_zeros() const { return static_cast<double>(mask.nnz()); }
  // Genes that some cell of a virtual batch looks at, summed over the batches.
  [[nodiscard]] double genes_seen() const {
    double n = 0;
    for (std::int64_t batch = 0; batch < layer.norm.n_batches(); ++batch) {
      std::set<sparse::GeneIndex> seen;
      for (std::int64_t cell = layer.norm.first_cell(batch); cell < layer.norm.first_cell(batch + 1); ++cell) {
        const std::span<const sparse::GeneIndex> genes = mask.row(cell).indices;
        seen.insert(genes.begin(), genes.end());
      }
      n += static_cast<double>(seen.size());
    }
    return n;
  }

  Floats weight = paper_step().score_weight;
  kernels::AttentionLayer layer = paper_step().attention();
  sparse::CsrMatrix used, mask;
  std::vector<float> dmask, dscores, dprior;
};

// Once for all benchmarks: a wide mask takes a while.
AttentionStep& step_of(const benchmark::State& state) {
  static AttentionStep steps[] = {AttentionStep(kNarrow), AttentionStep(kWide), AttentionStep(kSecondStep)};
  return steps[state.range(1)];
}

void name(benchmark::State& state) {
  static constexpr const char* kNames[] = {"narrow", "wide", "second step"};
  state.SetLabel(std::string(kNames[state.range(1)]) + ", " + std::to_string(step_of(state).mask.nnz() / P::kCells) +
                 " genes a cell");
}

constexpr double kProducts = 2.0 * P::kCells * P::kGenes * P::kActivations;

void score_statistics(benchmark::State& state) {
  P& p = paper_step();
  Floats mean = p.score_mean, variance = p.score_variance;
  measure(state, {2.0 * static_cast<double>(p.starts.size() - 1) * P::kGenes * P::kActivations * P::kActivations, 0},
          [&] {
            kernels::score_statistics(p.activations, p.attention_weights, P::kActivations, p.starts, mean, variance);
          });
}

void attention_mask(benchmark::State& state) {
  const AttentionStep& step = step_of(state);
  sparse::CsrMatrix mask;
  measure(state, {kProducts, 0}, [&] { kernels::attention_mask(step.layer, mask); });
  name(state);
}

// With weights packed once a model, as they are and at half precision.
void attention_mask_packed(benchmark::State& state, kernels::Precision precision) {
  kernels::AttentionLayer layer = step_of(state).layer;
  const kernels::AttentionPanels panels(layer.weights, P::kActivations, precision);
  layer.panels = &panels;
  sparse::CsrMatrix mask;
  measure(state, {kProducts, 0}, [&] { kernels::attention_mask(layer, mask); });
  name(state);
}

void attention_mask_prepared(benchmark::State& state) {
  attention_mask_packed(state, kernels::Precision::kFloat);
}
void attention_mask_half(benchmark::State& state) {
  attention_mask_packed(state, kernels::Precision::kHalf);
}

void simplex_backward(benchmark::State& state) {
  AttentionStep& step = step_of(state);
  measure(state, {0, 12 * step.non_zeros()},
          [&] { kernels::simplex_backward(kernels::Simplex::kEntmax15, step.mask.view(), step.dmask, step.dscores); });
  name(state);
}

void attention_backward(benchmark::State& state) {
  P& p = paper_step();
  AttentionStep& step = step_of(state);
  const double dense = 4 * step.genes_seen() * P::kActivations * P::kActivations;
  measure(state, {6 * step.non_zeros() * P::kActivations + dense, 0}, [&] {
    kernels::attention_backward(step.layer, step.mask.view(), step.dscores,
                                {p.dactivations, p.dattention_weights, p.dscore_weight, p.dscore_bias, step.dprior});
  });
  name(state);
}

void advance_prior(benchmark::State& state) {
  const AttentionStep& step = step_of(state);
  sparse::CsrMatrix next;
  kernels::advance_prior(step.layer.prior, step.mask.view(), 1.3F, next);
  measure(state, {0, 8 * static_cast<double>(step.mask.nnz() + step.used.nnz() + next.nnz())},
          [&] { kernels::advance_prior(step.layer.prior, step.mask.view(), 1.3F, next); });
  name(state);
}

void advance_prior_backward(benchmark::State& state) {
  AttentionStep& step = step_of(state);
  sparse::CsrMatrix next;
  kernels::advance_prior(step.layer.prior, step.mask.view(), 1.3F, next);
  measure(state, {0, 12 * static_cast<double>(step.mask.nnz() + step.used.nnz() + next.nnz())}, [&] {
    kernels::advance_prior_backward(step.layer.prior, step.mask.view(), 1.3F, next.view(), next.data, step.dmask,
                                    step.dprior);
  });
  name(state);
}

void mask_loss(benchmark::State& state) {
  AttentionStep& step = step_of(state);
  measure(state, {0, 16 * step.non_zeros()}, [&] {
    benchmark::DoNotOptimize(kernels::mask_loss(step.mask.view(), 1e-15));
    kernels::mask_loss_backward(step.mask.view(), 1e-15, 1, step.dmask);
  });
  name(state);
}

#define SCTAB_BENCHMARK(name) BENCHMARK(name)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime()
#define SCTAB_MASK_BENCHMARK(name) \
  BENCHMARK(name)->ArgsProduct({{1, 4}, {kNarrow, kWide, kSecondStep}})->Unit(benchmark::kMillisecond)->UseRealTime()
SCTAB_BENCHMARK(score_statistics);
SCTAB_MASK_BENCHMARK(attention_mask);
SCTAB_MASK_BENCHMARK(attention_mask_prepared);
SCTAB_MASK_BENCHMARK(attention_mask_half);
SCTAB_MASK_BENCHMARK(simplex_backward);
SCTAB_MASK_BENCHMARK(attention_backward);
SCTAB_MASK_BENCHMARK(advance_prior);
SCTAB_MASK_BENCHMARK(advance_prior_backward);
SCTAB_MASK_BENCHMARK(mask_loss);

}  // namespace
}  // namespace sctab::bench
