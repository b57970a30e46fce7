#pragma once

#include <benchmark/benchmark.h>

#include <vector>

#include "sctab/kernels/adamw.hpp"
#include "sctab/kernels/attention.hpp"
#include "sctab/kernels/gene_layer.hpp"

namespace sctab::bench {

/// All that one batch at the paper's size needs: 2,048 cells of 19,331 genes, a tenth of them non-zero, H = 384, n_a
/// = 64.
struct PaperStep {
  static constexpr std::int64_t kCells = 2048, kGenes = 19'331, kTypes = 164, kVirtualBatch = 256;
  static constexpr std::int64_t kActivations = 64, kEmbedding = 128;
  static constexpr std::int64_t kWidth = kActivations + kEmbedding, kHidden = 2 * kWidth;
  static constexpr std::int64_t kGluLayers = 14;  // after the two first ones, of 8 each in splitter and step
  static constexpr double kDensity = 0.1, kMaskDensity = 0.01;

  PaperStep();
  [[nodiscard]] kernels::GeneLayer gene_layer() const { return {scale, shift, weights, kHidden}; }
  [[nodiscard]] kernels::AttentionLayer attention() const;
  [[nodiscard]] kernels::GhostNorm gate_norm() const {
    return {starts, gate_weight, gate_bias, gate_mean, gate_variance};
  }

  sparse::CsrMatrix x;
  sparse::CsrMatrix mask;  // as wide as a trained model's: a hundredth of the genes
  std::vector<std::int64_t> starts;
  std::vector<float> scale, shift, weights;  // the gene layer
  std::vector<float> activations, attention_weights, score_weight, score_bias, score_mean, score_variance;
  std::vector<float> gate_weight, gate_bias, gate_mean, gate_variance;
  std::vector<float> hidden, dhidden;         // cells × kHidden
  std::vector<float> out, dout, glu_weights;  // cells × kWidth; kHidden × kWidth
  std::vector<float> dscale, dshift, dweights;
  std::vector<float> dactivations, dattention_weights, dscore_weight, dscore_bias, dmask, dscores;
  std::vector<float> dgate_weight, dgate_bias;
};

/// Made once, shared by all benchmarks.
PaperStep& paper_step();

/// Threads of this benchmark: its first argument.
void use_threads(const benchmark::State& state);
/// Cells, and floating point operations or bytes, a second.
void count(benchmark::State& state, double flops, double bytes = 0);

}  // namespace sctab::bench
