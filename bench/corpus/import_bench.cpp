// Cells a second of `sctab corpus import`, on 22,528 made-up cells of 19,331 genes.

#include <benchmark/benchmark.h>

#include "made_up_parquet_store.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/corpus/import_store.hpp"
#include "sctab/corpus/merlin_store.hpp"

namespace {

namespace fs = std::filesystem;
using namespace sctab;

// Reading alone: Parquet to sparse cells, on one thread.
void read_parts(benchmark::State& state) {
  const corpus::MerlinStore store = corpus::open_merlin_store(bench::made_up_parquet_store(), 1);
  std::int64_t cells = 0;
  for (auto _ : state) {
    for (const corpus::Part& part : store.parts.front()) {
      corpus::PartReader reader(store, part);
      for (corpus::CellBlock block; reader.next(block);) cells += block.cells.n_cells;
    }
  }
  state.counters["cells/s"] = benchmark::Counter(static_cast<double>(cells), benchmark::Counter::kIsRate);
}
BENCHMARK(read_parts)->Iterations(2)->UseRealTime()->Unit(benchmark::kMillisecond);

// range(0): threads. Each part becomes a shard.
void import(benchmark::State& state) {
  core::Progress::set_quiet(true);
  const fs::path source = bench::made_up_parquet_store(), output = fs::temp_directory_path() / "sctab-bench-imported";
  corpus::StoreImportOptions options;
  options.source = source;
  options.output = output;
  options.overwrite = true;
  options.ontology = source / "cl.obo";
  options.threads = static_cast<int>(state.range(0));
  options.cells_per_shard = bench::kCellsPerPart;
  std::int64_t cells = 0, source_bytes = 0, bytes = 0;
  for (auto _ : state) {
    const corpus::StoreImportResult result = corpus::import_store(options);
    for (const auto n : result.n_cells) cells += n;
    bytes += result.bytes;
  }
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    if (entry.is_regular_file()) source_bytes += static_cast<std::int64_t>(entry.file_size());
  }
  const auto per_cell = [&](std::int64_t n) { return static_cast<double>(n) / static_cast<double>(cells); };
  state.counters["cells/s"] = benchmark::Counter(static_cast<double>(cells), benchmark::Counter::kIsRate);
  state.counters["Parquet bytes/cell"] = per_cell(source_bytes * static_cast<std::int64_t>(state.iterations()));
  state.counters["store bytes/cell"] = per_cell(bytes);
  fs::remove_all(output);
}
BENCHMARK(import)->ArgName("threads")->Arg(1)->Arg(4)->Iterations(2)->UseRealTime()->MeasureProcessCPUTime()->Unit(
    benchmark::kMillisecond);

}  // namespace
