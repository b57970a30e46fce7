#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sctab/core/rng.hpp"
#include "sctab/ontology/ontology.hpp"

namespace {

using namespace sctab;

/// As many terms as the Cell Ontology has, with 1.4 parents each on average; a label has some 20 ancestors.
ontology::Ontology like_the_cell_ontology() {
  core::Rng rng(1);
  std::vector<ontology::Term> terms;
  for (std::uint64_t t = 0; t < 3000; ++t) {
    ontology::Term term;
    term.id = fmt::format("CL:{:07}", t);
    term.name = fmt::format("type {}", t);
    for (std::uint64_t k = rng.below(10) < 4 ? 2 : 1; k > 0 && t > 0; --k) {
      term.parents.push_back(fmt::format("CL:{:07}", t / 3 + rng.below(t - t / 3)));
    }
    terms.push_back(std::move(term));
  }
  return {std::move(terms), "bench"};
}

void subtype_matrix(benchmark::State& state) {
  const auto ontology = like_the_cell_ontology();
  std::vector<ontology::TermIndex> labels;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    labels.push_back(static_cast<ontology::TermIndex>(i * ontology.size() / state.range(0)));
  }
  for (auto _ : state) benchmark::DoNotOptimize(ontology::SubtypeMatrix(ontology, labels));
}
BENCHMARK(subtype_matrix)->Arg(164)->Arg(1000)->Unit(benchmark::kMicrosecond);

void construct(benchmark::State& state) {
  const auto json = like_the_cell_ontology().to_json();
  for (auto _ : state) benchmark::DoNotOptimize(ontology::Ontology::from_json(json, "bench"));
}
BENCHMARK(construct)->Unit(benchmark::kMillisecond);

}  // namespace
