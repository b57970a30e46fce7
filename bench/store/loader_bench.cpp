// Cells a second of the loader, on the store of $SCTAB_BENCH_STORE or on one of 100,000 simulated cells. Cold: the
// shards are dropped from the page cache before each epoch.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sctab/core/rng.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/writer.hpp"

namespace {

using namespace sctab::store;
using sctab::core::Rng;

constexpr CellIndex kCells = 100'000;
constexpr GeneIndex kGenes = 19'331;

sctab::genes::GeneList made_up_genes() {
  sctab::genes::GeneList genes;
  for (GeneIndex i = 0; i < kGenes; ++i) {
    const std::string digits = std::to_string(i);
    genes.ids.push_back("ENSG" + std::string(11 - digits.size(), '0') + digits);
  }
  genes.symbols.resize(genes.ids.size());
  return genes;
}

// Each gene as often as its expression has it, log-normal over genes.
std::vector<GeneIndex> draw_genes_by_expression(Rng& rng) {
  std::vector<double> means(kGenes);
  double total = 0;
  for (double& mean : means) total += mean = std::exp(1.7 * rng.normal());
  std::vector<GeneIndex> lots;
  for (GeneIndex gene = 0; gene < kGenes; ++gene) {
    const double share = means[static_cast<std::size_t>(gene)] / total;
    lots.insert(lots.end(), static_cast<std::size_t>(share * (1 << 20) + rng.uniform()), gene);
  }
  return lots;
}

// Some 2,000 genes a cell; library sizes vary fivefold.
void append_cell(const std::vector<GeneIndex>& lots, Rng& rng, sctab::sparse::CsrMatrix& matrix) {
  std::vector<float> dense(kGenes);
  const auto n_molecules = static_cast<int>(3800 * std::exp(0.5 * rng.normal()));
  for (int i = 0; i < n_molecules; ++i) dense[static_cast<std::size_t>(lots[rng.below(lots.size())])] += 1;
  std::vector<GeneIndex> genes;
  std::vector<float> counts;
  for (GeneIndex gene = 0; gene < kGenes; ++gene) {
    if (dense[static_cast<std::size_t>(gene)] == 0) continue;
    genes.push_back(gene);
    counts.push_back(dense[static_cast<std::size_t>(gene)]);
  }
  matrix.append_row(genes, counts);
}

std::filesystem::path made_up_store() {
  const auto directory = std::filesystem::temp_directory_path() / "sctab-bench-store";
  if (std::filesystem::exists(directory / "store.json")) return directory;
  std::filesystem::remove_all(directory);
  Rng rng(1);
  const std::vector<GeneIndex> lots = draw_genes_by_expression(rng);
  CategoryTables tables;
  tables.cell_types = {{"cell", "CL:0000000"}};
  for (const Field field : kFields) {
    if (field != Field::kCellType) tables.column(field) = {"made up"};
  }
  Writer writer(directory, made_up_genes(), tables, {kCells, 0, 0});
  constexpr CellIndex kBlock = 5000;
  sctab::sparse::CsrMatrix counts;
  for (CellIndex done = 0; done < kCells; done += kBlock) {
    counts.clear(kGenes);
    for (CellIndex i = 0; i < kBlock; ++i) append_cell(lots, rng, counts);
    writer.add(counts.view(), std::vector<CellObs>(kBlock), std::vector<Split>(kBlock, Split::kTrain));
  }
  writer.finish(nlohmann::json::object(), nullptr);
  return directory;
}

const Store& bench_store() {
  static const Store store = [] {
    const char* given = std::getenv("SCTAB_BENCH_STORE");
    return Store::open(given != nullptr ? std::filesystem::path(given) : made_up_store());
  }();
  return store;
}

void drop_from_page_cache(const Store& store) {
  for (const Shard& shard : store.shards(Split::kTrain)) {
    const int descriptor = ::open((store.directory() / shard.file).c_str(), O_RDONLY);
    if (descriptor < 0) continue;
    (void)::fdatasync(descriptor);
    (void)::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    (void)::close(descriptor);
  }
}

// On disk, over all splits.
double bytes_per_cell(const Store& store) {
  CellIndex n_cells = 0;
  for (const Split split : sctab::store::kSplits) n_cells += store.n_cells(split);
  return static_cast<double>(store.bytes()) / static_cast<double>(n_cells);
}

// Of this process.
double resident_megabytes() {
  std::ifstream file("/proc/self/statm");
  double all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

// range(0): threads; range(1): 1 for a cold page cache. MB: what loader and batch hold in memory.
void epoch(benchmark::State& state) {
  const Store& store = bench_store();
  const double megabytes_before = resident_megabytes();
  LoaderOptions options;
  options.threads = static_cast<int>(state.range(0));
  Loader loader(store, Split::kTrain, options);
  Batch batch;
  while (loader.next(batch)) continue;  // fills the page cache and the loader's memory
  std::int64_t cells = 0, values = 0, number = 0;
  for (auto _ : state) {
    state.PauseTiming();
    if (state.range(1) == 1) drop_from_page_cache(store);
    state.ResumeTiming();
    for (loader.start(++number); loader.next(batch);) {
      cells += batch.x.n_cells;
      values += batch.x.nnz();
    }
  }
  state.counters["cells/s"] = benchmark::Counter(static_cast<double>(cells), benchmark::Counter::kIsRate);
  state.counters["MB"] = resident_megabytes() - megabytes_before;
  state.counters["genes/cell"] = static_cast<double>(values) / static_cast<double>(cells);
  state.counters["bytes/cell"] = bytes_per_cell(store);
}
BENCHMARK(epoch)
    ->ArgNames({"threads", "cold"})
    ->ArgsProduct({{1, 2, 4}, {0, 1}})
    ->Iterations(3)
    ->UseRealTime()
    ->MeasureProcessCPUTime()  // of all threads: tells the work from the waiting on a busy machine
    ->Unit(benchmark::kMillisecond);

}  // namespace
