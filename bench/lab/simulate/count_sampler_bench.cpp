#include "lab/simulate/count_sampler.hpp"

#include <benchmark/benchmark.h>

#include "lab/simulate/expression.hpp"
#include "lab/simulate/lineage.hpp"

namespace sctab::simulate {
namespace {

constexpr sparse::GeneIndex kGenes = 19'331;

struct Example {
  Example() : type(ontology.find("CL:0000787").value()), model(ontology, std::span(&type, 1), kGenes, 0.25, 1) {
    shares = model.shares(0, 0, model.donor_effects(0, 0));
    dispersions = model.dispersions(shares);
  }
  ontology::Ontology ontology = lineage();
  ontology::TermIndex type;
  ExpressionModel model;
  std::vector<float> shares, dispersions;
};

/// Cells of 6,500 counts. The argument is 10,000 × the share from which genes are drawn one by one.
void draw_cells(benchmark::State& state) {
  const Example example;
  const CountProfile profile(example.shares, example.dispersions, static_cast<double>(state.range(0)) * 1e-4);
  CountSampler sampler(kGenes);
  core::Rng rng(1);
  sparse::CsrMatrix cells;
  for (auto _ : state) {
    cells.clear(kGenes);
    sampler.add(profile, 6500, rng);
    sampler.finish_cell(cells);
    benchmark::DoNotOptimize(cells.data.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(draw_cells)->Arg(5)->Arg(10)->Arg(15)->Arg(30)->Arg(10'000);

/// A type's profile in one more donor, ready to draw from.
void make_profile(benchmark::State& state) {
  const Example example;
  const auto effects = example.model.donor_effects(0, 0);
  for (auto _ : state) {
    const auto shares = example.model.shares(0, 0, effects);
    benchmark::DoNotOptimize(CountProfile(shares, example.model.dispersions(shares)));
  }
}
BENCHMARK(make_profile);

}  // namespace
}  // namespace sctab::simulate
