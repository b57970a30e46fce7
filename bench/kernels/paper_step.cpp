#include "paper_step.hpp"

#include <algorithm>

#include "sctab/core/rng.hpp"

namespace sctab::bench {
namespace {

Floats normal(core::Rng& rng, std::int64_t n, double scale = 1) {
  Floats values(static_cast<std::size_t>(n));
  for (float& value : values) value = static_cast<float>(scale * rng.normal());
  return values;
}

Floats filled(std::int64_t n, float value) {
  return Floats(static_cast<std::size_t>(n), value);
}

sparse::CsrMatrix random_cells(core::Rng& rng, double density, double scale) {
  sparse::CsrMatrix cells;
  cells.clear(PaperStep::kGenes);
  std::vector<sparse::GeneIndex> genes;
  std::vector<float> values;
  for (std::int64_t cell = 0; cell < PaperStep::kCells; ++cell) {
    genes.clear();
    values.clear();
    for (sparse::GeneIndex gene = 0; gene < PaperStep::kGenes; ++gene) {
      if (rng.uniform() >= density) continue;
      genes.push_back(gene);
      values.push_back(static_cast<float>(scale * rng.uniform()));
    }
    cells.append_row(genes, values);
  }
  return cells;
}

}  // namespace

PaperStep::PaperStep() {
  core::Rng rng(1);
  x = random_cells(rng, kDensity, 4);
  mask = random_cells(rng, kMaskDensity, 2 / (kMaskDensity * kGenes));
  starts = kernels::virtual_batch_starts(kCells, kVirtualBatch);
  const std::int64_t n_batches = std::ssize(starts) - 1;
  scale = normal(rng, kGenes);
  shift = normal(rng, kGenes);
  weights = normal(rng, kGenes * kHidden, 0.05);
  activations = normal(rng, kCells * kActivations);
  attention_weights = normal(rng, kGenes * kActivations, 0.1);
  score_weight = filled(kGenes, 1);
  score_bias = filled(kGenes, 0);
  score_mean = filled(n_batches * kGenes, 0);
  score_variance = filled(n_batches * kGenes, 1);
  kernels::score_statistics(activations, attention_weights, kActivations, starts, score_mean, score_variance);
  gate_weight = filled(kHidden, 1);
  gate_bias = filled(kHidden, 0);
  gate_mean = filled(n_batches * kHidden, 0);
  gate_variance = filled(n_batches * kHidden, 1);
  hidden = normal(rng, kCells * kHidden);
  dhidden = normal(rng, kCells * kHidden);
  out = normal(rng, kCells * kWidth);
  dout = normal(rng, kCells * kWidth);
  glu_weights = normal(rng, kHidden * kWidth, 0.05);
  dscale = dshift = dscore_weight = dscore_bias = filled(kGenes, 0);
  dweights = filled(kGenes * kHidden, 0);
  dactivations = filled(kCells * kActivations, 0);
  dattention_weights = filled(kGenes * kActivations, 0);
  dmask = normal(rng, mask.nnz());
  dscores = dmask;
  dgate_weight = dgate_bias = filled(kHidden, 0);
}

kernels::AttentionLayer PaperStep::attention() const {
  return {activations,  attention_weights,
          kActivations, {starts, score_weight, score_bias, score_mean, score_variance},
          {},           {}};
}

PaperStep& paper_step() {
  static PaperStep step;
  return step;
}

}  // namespace sctab::bench
