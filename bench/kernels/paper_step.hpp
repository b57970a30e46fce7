#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <new>
#include <vector>

#include "sctab/kernels/adamw.hpp"
#include "sctab/kernels/attention.hpp"
#include "sctab/kernels/gene_layer.hpp"

namespace sctab::bench {

/// Memory that starts where a cache line does, as libtorch's does: unaligned loads of whole lines take twice the loads.
template <typename T>
struct LineAllocator {
  using value_type = T;
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64})); }
  void deallocate(T* at, std::size_t) { ::operator delete (at, std::align_val_t{64}); }
  bool operator==(const LineAllocator&) const { return true; }
};
using Floats = std::vector<float, LineAllocator<float>>;

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
  Floats scale, shift, weights;  // the gene layer
  Floats activations, attention_weights, score_weight, score_bias, score_mean, score_variance;
  Floats gate_weight, gate_bias, gate_mean, gate_variance;
  Floats hidden, dhidden;         // cells × kHidden
  Floats out, dout, glu_weights;  // cells × kWidth; kHidden × kWidth
  Floats dscale, dshift, dweights;
  Floats dactivations, dattention_weights, dscore_weight, dscore_bias, dmask, dscores;
  Floats dgate_weight, dgate_bias;
};

/// Made once, shared by all benchmarks.
PaperStep& paper_step();

/// What this machine can do, measured once for each number of threads: a product of dense matrices, a copy of memory.
struct MachinePeak {
  double flops, bytes;  // a second
};
const MachinePeak& machine_peak(int n_threads);

/// What one run takes at the least: floating point operations, and bytes to and from memory. 0: not what counts.
struct Work {
  double flops = 0, bytes = 0;
};

/// As many threads as the benchmark's first argument says.
void set_threads(const benchmark::State& state);
/// Cells a second, what the machine did a second, and which share of its peak (0 to 1) that is. More than 1 of the
/// bytes means that they stayed in a cache.
void report(benchmark::State& state, const Work& work, double seconds);

/// Times a task of 2,048 cells.
template <typename Task>
void measure(benchmark::State& state, const Work& work, const Task& task) {
  set_threads(state);
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) task();
  report(state, work, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

}  // namespace sctab::bench
