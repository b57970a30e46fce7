#include <ATen/ATen.h>
#include <benchmark/benchmark.h>
#include <torch/optim/adamw.h>

#include "sctab/core/rng.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/nn/torch_runtime.hpp"

namespace sctab::nn {
namespace {

// The paper's sizes, and a tenth of the genes seen in a cell: bench_torch.py's load.
constexpr std::int32_t kGenes = 19'331;
constexpr std::int64_t kTypes = 164;
constexpr double kDensity = 0.1;

sparse::CsrMatrix random_cells(std::int64_t n_cells) {
  core::Rng rng(1);
  sparse::CsrMatrix cells;
  cells.clear(kGenes);
  for (std::int64_t cell = 0; cell < n_cells; ++cell) {
    std::vector<std::int32_t> indices;
    std::vector<float> data;
    for (std::int32_t gene = 0; gene < kGenes; ++gene) {
      if (rng.uniform() > kDensity) continue;
      indices.push_back(gene);
      data.push_back(static_cast<float>(4 * rng.uniform()));
    }
    cells.append_row(indices, data);
  }
  return cells;
}

std::unique_ptr<Network> paper_network() {
  set_torch_threads(0);
  model::Architecture architecture;
  architecture.n_genes = kGenes;
  architecture.n_types = kTypes;
  return make_network(architecture, 1);
}

void rate(benchmark::State& state, std::int64_t n_cells) {
  state.counters["cells/s"] =
      benchmark::Counter(static_cast<double>(n_cells * state.iterations()), benchmark::Counter::kIsRate);
}

/// One step of training, from CSR to updated weights.
void train_step(benchmark::State& state) {
  const sparse::CsrMatrix cells = random_cells(state.range(0));
  const auto network = paper_network();
  torch::optim::AdamW optimiser(network->parameters(), torch::optim::AdamWOptions(0.005).weight_decay(0.05));
  const at::Tensor types = at::arange(state.range(0)) % kTypes;
  for (auto _ : state) {
    const NetworkOutput output = network->forward(cells.view());
    const at::Tensor loss = at::cross_entropy_loss(output.logits, types) - 1e-5 * output.mask_loss;
    network->zero_gradients();
    loss.backward();
    optimiser.step();
  }
  rate(state, state.range(0));
}
BENCHMARK(train_step)->Arg(256)->Arg(1024)->Arg(2048)->Unit(benchmark::kMillisecond)->UseRealTime();

/// Prediction, from CSR to probabilities.
void predict(benchmark::State& state) {
  const sparse::CsrMatrix cells = random_cells(state.range(0));
  const auto network = paper_network();
  network->eval();
  const at::NoGradGuard no_gradient;
  for (auto _ : state) benchmark::DoNotOptimize(network->forward(cells.view()).logits.softmax(1));
  rate(state, state.range(0));
}
BENCHMARK(predict)->Arg(256)->Arg(1024)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sctab::nn
