// Principal components, k-means and nearest neighbours, at sizes of a small corpus. One thread per processor.
#include <benchmark/benchmark.h>

#include "sctab/core/rng.hpp"
#include "sctab/linalg/factorisations.hpp"
#include "sctab/linalg/k_means.hpp"
#include "sctab/linalg/neighbours.hpp"
#include "sctab/linalg/pca.hpp"

namespace sctab::bench {
namespace {

/// Cells of 40 types; each expresses 8% of the genes, more of its type's own.
sparse::CsrMatrix cells_of_types(core::CellIndex n_cells, core::GeneIndex n_genes) {
  core::Rng rng(1);
  sparse::CsrMatrix cells;
  cells.clear(n_genes);
  std::vector<core::GeneIndex> genes;
  std::vector<float> values;
  for (core::CellIndex cell = 0; cell < n_cells; ++cell) {
    genes.clear(), values.clear();
    const auto type = static_cast<core::GeneIndex>(rng.below(40));
    for (core::GeneIndex gene = 0; gene < n_genes; ++gene) {
      if (rng.uniform() >= (gene % 40 == type ? 0.5 : 0.07)) continue;
      genes.push_back(gene);
      values.push_back(static_cast<float>(0.5 + 2 * rng.uniform()));
    }
    cells.append_row(genes, values);
  }
  return cells;
}

const sparse::CsrMatrix& cells() {
  static const sparse::CsrMatrix made = cells_of_types(8192, 8000);
  return made;
}

template <typename Value>
std::vector<Value> random_normal(std::int64_t n) {
  core::Rng rng(2);
  std::vector<Value> values(static_cast<std::size_t>(n));
  for (Value& value : values) value = static_cast<Value>(rng.normal());
  return values;
}

void fit_pca(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(linalg::fit_pca(cells().view(), {.n_components = state.range(0)}));
}
BENCHMARK(fit_pca)->Arg(2)->Arg(50)->Arg(256)->Unit(benchmark::kMillisecond)->UseRealTime();

void orthonormalise(benchmark::State& state) {
  const std::vector<double> matrix = random_normal<double>(19331 * state.range(0));
  for (auto _ : state) {
    std::vector<double> basis = matrix;
    linalg::orthonormalise(basis, state.range(0));
    benchmark::DoNotOptimize(basis.data());
  }
}
BENCHMARK(orthonormalise)->Arg(276)->Unit(benchmark::kMillisecond)->UseRealTime();

void symmetric_eigen(benchmark::State& state) {
  const std::int64_t n = state.range(0);
  std::vector<double> matrix = random_normal<double>(n * n);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < i; ++j) {
      matrix[static_cast<std::size_t>(i * n + j)] = matrix[static_cast<std::size_t>(j * n + i)];
    }
  }
  for (auto _ : state) benchmark::DoNotOptimize(linalg::symmetric_eigen(matrix, n));
}
BENCHMARK(symmetric_eigen)->Arg(276)->Unit(benchmark::kMillisecond);

void k_means(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        linalg::k_means(cells().view(), {.n_clusters = state.range(0), .max_iterations = 5, .tolerance = 0}));
  }
}
BENCHMARK(k_means)->Arg(50)->Unit(benchmark::kMillisecond)->UseRealTime();

/// 4,096 queries among `range(0)` rows of 50 components, 15 neighbours. Items are pairs of rows.
void nearest_neighbours(benchmark::State& state) {
  constexpr std::int64_t kQueries = 4096, kWidth = 50;
  const std::vector<float> rows = random_normal<float>(state.range(0) * kWidth);
  const linalg::NeighbourSearch search(rows, kWidth);
  for (auto _ : state) benchmark::DoNotOptimize(search.find(std::span(rows).first(kQueries * kWidth), 15));
  state.SetItemsProcessed(state.iterations() * kQueries * state.range(0));
}
BENCHMARK(nearest_neighbours)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sctab::bench
