#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "formats/example_cells.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/formats/h5ad/writer.hpp"

namespace sctab::h5ad {
namespace {

using formats::bench::example_cells;
using formats::bench::kCells;
using formats::bench::kCellsInMemory;
using formats::bench::kGenes;

void write_cells(const std::filesystem::path& path, const WriteOptions& options) {
  Writer writer(path, kGenes, options);
  for (CellIndex done = 0; done < kCells; done += kCellsInMemory) writer.append(example_cells().view());
  formats::Strings cells, genes;
  for (CellIndex cell = 0; cell < kCells; ++cell) cells.push_back(fmt::format("cell{}", cell));
  for (GeneIndex gene = 0; gene < kGenes; ++gene) genes.push_back(fmt::format("ENSG{:011}", gene));
  writer.write_obs(cells, {});
  writer.write_var(genes, {});
  writer.close();
}

class TemporaryFile {
 public:
  TemporaryFile() = default;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_ = std::filesystem::temp_directory_path() / fmt::format("sctab-bench-{}.h5ad", ::getpid());
};

void count_cells(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * kCells);
}

/// Argument: the type of the values.
void read_rows(benchmark::State& state) {
  const TemporaryFile file;
  core::ThreadPool pool(core::default_threads());
  write_cells(file.path(), {.values = static_cast<ValueType>(state.range(0)), .pool = &pool});
  const File source(file.path());
  sparse::CsrMatrix block;
  for (auto _ : state) {
    const auto rows = source.read_rows("X");
    while (rows->next(1'024, block)) benchmark::DoNotOptimize(block.data.data());
  }
  count_cells(state);
}
BENCHMARK(read_rows)
    ->Arg(static_cast<int>(ValueType::kUint16))
    ->Arg(static_cast<int>(ValueType::kFloat32))
    ->Unit(benchmark::kMillisecond);

/// Argument: threads; 0: none but the caller's.
void write_rows(benchmark::State& state) {
  const TemporaryFile file;
  std::unique_ptr<core::ThreadPool> pool;
  if (state.range(0) > 0) pool = std::make_unique<core::ThreadPool>(static_cast<int>(state.range(0)));
  for (auto _ : state) write_cells(file.path(), {.values = ValueType::kUint16, .pool = pool.get()});
  count_cells(state);
  state.counters["bytes a cell"] = static_cast<double>(std::filesystem::file_size(file.path())) / kCells;
}
BENCHMARK(write_rows)->Arg(0)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sctab::h5ad
