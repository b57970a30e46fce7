#include <benchmark/benchmark.h>

#include "sctab/core/rng.hpp"
#include "sctab/evaluate/evaluation.hpp"

namespace {

using namespace sctab;

/// Cells of 164 types in 50 tissues.
void evaluate(benchmark::State& state) {
  constexpr std::size_t kTypes = 164;
  std::vector<std::uint8_t> rows(kTypes * kTypes, 0);
  for (std::size_t t = 0; t < kTypes; ++t) rows[t * kTypes + t] = 1;
  const ontology::SubtypeMatrix subtypes(kTypes, rows);
  core::Rng rng(1);
  std::vector<core::TypeIndex> truths, predictions;
  std::vector<std::string> tissues;
  for (std::int64_t cell = 0; cell < state.range(0); ++cell) {
    truths.push_back(static_cast<core::TypeIndex>(rng.below(kTypes)));
    predictions.push_back(rng.below(5) == 0 ? static_cast<core::TypeIndex>(rng.below(kTypes)) : truths.back());
    tissues.push_back("tissue number " + std::to_string(rng.below(50)));
  }
  for (auto _ : state) benchmark::DoNotOptimize(evaluate::evaluate(truths, predictions, subtypes, tissues));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(evaluate)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
