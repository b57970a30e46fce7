#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "sctab/core/rng.hpp"
#include "sctab/corpus/curation.hpp"
#include "sctab/corpus/split.hpp"

namespace {

using namespace sctab;
using corpus::Field;

constexpr std::uint64_t kTypes = 160, kDonors = 5000, kDatasets = 200, kAssays = 9;

ontology::Ontology types_below_native_cell() {
  std::vector<ontology::Term> terms(kTypes + 1);
  terms.front().id = ontology::kNativeCell;
  for (std::uint64_t type = 1; type <= kTypes; ++type) {
    terms[type].id = fmt::format("CL:{:07}", 10'000 + type);
    terms[type].parents = {terms.front().id};
  }
  return {std::move(terms), "bench"};
}

/// A corpus as wide as the paper's: 5,000 donors in 200 datasets.
corpus::CellTable random_cells(std::int64_t n_cells) {
  corpus::CellTable cells;
  for (std::uint64_t type = 1; type <= kTypes; ++type) {
    cells.dictionary(Field::kCellType).code(fmt::format("CL:{:07}", 10'000 + type));
  }
  for (std::uint64_t donor = 0; donor < kDonors; ++donor) {
    cells.dictionary(Field::kDonor).code(fmt::format("donor {}", donor));
  }
  for (std::uint64_t assay = 0; assay < kAssays; ++assay) {
    cells.dictionary(Field::kAssay).code(assay == 0 ? "inDrop" : fmt::format("10x 3' v{}", assay));
  }
  core::Rng rng(1);
  for (std::int64_t cell = 0; cell < n_cells; ++cell) {
    const auto donor = static_cast<std::int32_t>(rng.below(kDonors));
    for (auto& column : cells.codes) column.push_back(0);
    const auto set = [&](Field field, std::int32_t code) {
      cells.column(field).set(static_cast<std::size_t>(cell), code);
    };
    set(Field::kCellType, static_cast<std::int32_t>(rng.below(kTypes)));
    set(Field::kDonor, donor);
    set(Field::kDataset, donor % static_cast<std::int32_t>(kDatasets));
    set(Field::kAssay, static_cast<std::int32_t>(rng.below(kAssays)));
    cells.primary.push_back(1);
    cells.kept.push_back(1);
  }
  return cells;
}

void curate_and_split(benchmark::State& state) {
  const ontology::Ontology ontology = types_below_native_cell();
  const corpus::CellTable all = random_cells(state.range(0));
  corpus::CurationOptions options;
  options.min_ancestors = 1;
  options.min_cells = 1;
  for (auto _ : state) {
    state.PauseTiming();
    corpus::CellTable cells = all;
    state.ResumeTiming();
    benchmark::DoNotOptimize(corpus::curate(cells, ontology, options));
    benchmark::DoNotOptimize(corpus::split_donors(cells, {}));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(curate_and_split)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
