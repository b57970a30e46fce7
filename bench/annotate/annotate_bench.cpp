#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "sctab/annotate/annotate.hpp"
#include "sctab/annotate/cell_stream.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/model/classifier.hpp"

// The stages of `sctab annotate`, and all of it, on a file and a model of yours:
//   SCTAB_BENCH_H5AD=cells.h5ad SCTAB_BENCH_MODEL=model build/bench_annotate
// items_per_second is cells a second; annotate_file's over predict's says how much of the network's speed is left.

namespace sctab::annotate {
namespace {

constexpr core::CellIndex kBlock = 1024;
constexpr std::size_t kMostBlocksInMemory = 40;

/// The file and model to measure with, from the environment.
struct Setup {
  std::filesystem::path path, model;
  std::unique_ptr<formats::CellSource> file;
  formats::CountsSource source;
  std::unique_ptr<GeneMatch> genes;
};

const Setup* setup(benchmark::State& state) {
  static const std::unique_ptr<Setup> made = []() -> std::unique_ptr<Setup> {
    const char* const path = std::getenv("SCTAB_BENCH_H5AD");
    const char* const model = std::getenv("SCTAB_BENCH_MODEL");
    if (path == nullptr || model == nullptr) return nullptr;
    core::Progress::set_quiet(true);
    auto setup = std::make_unique<Setup>();
    setup->path = path;
    setup->model = model;
    setup->file = formats::open_cells(path);
    setup->source = setup->file->find_counts(formats::InputKind::kCounts, "");
    const auto genes = model::read_description(model).genes;
    setup->genes = std::make_unique<GeneMatch>(match_genes(*setup->file, setup->source.matrix_path, genes, 0.1));
    return setup;
  }();
  if (!made) state.SkipWithError("set SCTAB_BENCH_H5AD and SCTAB_BENCH_MODEL");
  return made.get();
}

std::filesystem::path scratch(const char* name) {
  return std::filesystem::temp_directory_path() / fmt::format("sctab-bench-{}-{}", ::getpid(), name);
}

/// All cells read, checked, aligned and normalised. Argument: threads.
void read_cells(benchmark::State& state) {
  const Setup* const use = setup(state);
  if (use == nullptr) return;
  const auto threads = static_cast<int>(state.range(0));
  sparse::CsrMatrix block;
  for (auto _ : state) {
    CellStream stream(*use->file, use->source, *use->genes, {.cells_per_block = kBlock, .threads = threads});
    while (stream.next(block)) benchmark::DoNotOptimize(block.data.data());
  }
  state.SetItemsProcessed(state.iterations() * use->file->n_cells());
}
BENCHMARK(read_cells)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

/// The copy of the file with an embedding of 128 numbers a cell, without its sync to disk.
void write_results(benchmark::State& state) {
  const Setup* const use = setup(state);
  if (use == nullptr) return;
  constexpr std::int64_t kWidth = 128;
  const std::vector<float> rows(static_cast<std::size_t>(kBlock * kWidth), 0.25F);
  for (auto _ : state) {
    const auto copy = use->file->copy_to(scratch("copy"));
    for (core::CellIndex left = use->file->n_cells(); left > 0; left -= kBlock) {
      copy->append_obsm("X_sctab", kWidth,
                        std::span(rows).first(static_cast<std::size_t>(std::min(left, kBlock) * kWidth)));
    }
    copy->close();
    std::filesystem::remove(scratch("copy"));
  }
  state.SetItemsProcessed(state.iterations() * use->file->n_cells());
}
BENCHMARK(write_results)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

/// The network alone, on cells in memory. Argument: threads.
void predict(benchmark::State& state) {
  const Setup* const use = setup(state);
  if (use == nullptr) return;
  const auto threads = static_cast<int>(state.range(0));
  const auto classifier = model::Classifier::load(use->model, {.threads = threads, .batch_size = kBlock});
  std::vector<sparse::CsrMatrix> blocks;
  {
    CellStream stream(*use->file, use->source, *use->genes, {.cells_per_block = kBlock, .threads = threads});
    sparse::CsrMatrix block;
    while (blocks.size() < kMostBlocksInMemory && stream.next(block)) blocks.push_back(block);
  }
  std::int64_t n_cells = 0;
  for (auto _ : state) {
    for (const auto& block : blocks) n_cells += classifier.predict(block.view()).n_cells;
  }
  state.SetItemsProcessed(n_cells);
}
BENCHMARK(predict)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

/// File to file, synced. Argument: threads.
void annotate_whole_file(benchmark::State& state) {
  const Setup* const use = setup(state);
  if (use == nullptr) return;
  AnnotateOptions options;
  options.threads = static_cast<int>(state.range(0));
  const Annotator annotator(use->model, options);
  const Job job{use->path, {{scratch("out.h5ad"), OutputFormat::kH5ad}, {scratch("out.csv"), OutputFormat::kCsv}}};
  for (auto _ : state) benchmark::DoNotOptimize(annotator.annotate(job).n_cells);
  for (const Output& output : job.outputs) std::filesystem::remove(output.path);
  state.SetItemsProcessed(state.iterations() * use->file->n_cells());
}
BENCHMARK(annotate_whole_file)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace
}  // namespace sctab::annotate
