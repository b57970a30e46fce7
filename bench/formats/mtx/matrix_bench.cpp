#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/formats/mtx/folder.hpp"
#include "sctab/formats/streams/byte_stream.hpp"

namespace sctab::mtx {
namespace {

constexpr core::CellIndex kCells = 5'000;
constexpr core::GeneIndex kGenes = 20'000;
constexpr double kDensity = 0.07;

/// Writes a file, gzipped or not.
void write(const std::filesystem::path& path, const std::string& text, bool packed) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), packed ? "wb6" : "wbT"), &gzclose);
  gzwrite(file.get(), text.data(), static_cast<unsigned>(text.size()));
}

/// The files of 5,000 cells of 1,400 genes each, half of their counts 1, removed at the end.
class MatrixFolder {
 public:
  MatrixFolder(bool packed, bool by_gene) {
    std::filesystem::create_directory(path_);
    const std::string ending = packed ? ".gz" : "";
    std::string barcodes, features;
    for (core::CellIndex cell = 0; cell < kCells; ++cell) barcodes += fmt::format("AAACCTGAGAAAC{:05}-1\n", cell);
    for (core::GeneIndex gene = 0; gene < kGenes; ++gene) {
      features += fmt::format("ENSG{:011}\tGENE{}\tGene Expression\n", gene, gene);
    }
    write(path_ / ("barcodes.tsv" + ending), barcodes, packed);
    write(path_ / ("features.tsv" + ending), features, packed);
    write(path_ / ("matrix.mtx" + ending), matrix(by_gene), packed);
  }
  ~MatrixFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  MatrixFolder(const MatrixFolder&) = delete;
  MatrixFolder& operator=(const MatrixFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  static std::string matrix(bool by_gene) {
    core::Rng rng(1);
    std::string entries;
    std::int64_t n_entries = 0;
    const std::int64_t n_outer = by_gene ? std::int64_t{kGenes} : kCells, n_inner = by_gene ? kCells : kGenes;
    for (std::int64_t outer = 1; outer <= n_outer; ++outer) {
      for (std::int64_t inner = 1; inner <= n_inner; ++inner) {
        if (rng.uniform() > kDensity) continue;
        const int count = 1 + static_cast<int>(-1.5 * std::log(1 - rng.uniform()));
        fmt::format_to(std::back_inserter(entries), "{} {} {}\n", by_gene ? outer : inner, by_gene ? inner : outer,
                       count);
        ++n_entries;
      }
    }
    return fmt::format("%%MatrixMarket matrix coordinate integer general\n%\n{} {} {}\n", kGenes, kCells, n_entries) +
           entries;
  }

  std::filesystem::path path_ = std::filesystem::temp_directory_path() / fmt::format("sctab-bench-{}", ::getpid());
};

/// Arguments: gzipped, by gene (which takes a temporary file), threads that share the claims.
void read_rows(benchmark::State& state) {
  const MatrixFolder files(state.range(0) != 0, state.range(1) != 0);
  const auto n_threads = static_cast<int>(state.range(2));
  const Folder folder(files.path());
  for (auto _ : state) {
    const auto rows =
        folder.read_rows("matrix.mtx", {.memory_bytes = 500'000'000, .temporary_folder = {}, .threads = n_threads});
    std::mutex mutex;
    std::vector<std::thread> threads;
    for (int i = 0; i < n_threads; ++i) {
      threads.emplace_back([&] {
        sparse::CsrMatrix block;
        while (true) {
          formats::RowReader::Work work;
          {
            const std::lock_guard lock(mutex);
            work = rows->claim(256);
          }
          if (!work) return;
          work(block);
          benchmark::DoNotOptimize(block.data.data());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  state.SetItemsProcessed(state.iterations() * kCells);
}
BENCHMARK(read_rows)
    ->ArgNames({"gz", "by_gene", "threads"})
    ->ArgsProduct({{0, 1}, {0, 1}, {1, 2}})
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// What opening costs: names, and the first megabytes of the matrix.
void open_folder(benchmark::State& state) {
  const MatrixFolder files(state.range(0) != 0, false);
  for (auto _ : state) benchmark::DoNotOptimize(Folder(files.path()).n_cells());
}
BENCHMARK(open_folder)->ArgName("gz")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

/// The least that a gzipped matrix takes: one inflate stream alone.
void inflate_alone(benchmark::State& state) {
  const MatrixFolder files(true, false);
  std::vector<std::byte> piece(1U << 20U);
  for (auto _ : state) {
    const auto stream = streams::open_stream(files.path() / "matrix.mtx.gz");
    while (stream->read(piece) > 0) benchmark::DoNotOptimize(piece.data());
  }
  state.SetItemsProcessed(state.iterations() * kCells);
}
BENCHMARK(inflate_alone)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sctab::mtx
