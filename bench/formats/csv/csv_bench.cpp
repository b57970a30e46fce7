#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/formats/csv/table_source.hpp"
#include "sctab/formats/streams/byte_stream.hpp"

namespace sctab::csv {
namespace {

constexpr int kCells = 4'096, kGenes = 20'000, kRowsMade = 256;
constexpr core::CellIndex kCellsOfClaim = 256;
enum class Form : std::uint8_t { kPlain, kGzip };
enum class Lines : std::uint8_t { kCells, kGenes };

/// Counts of some 1,400 of the genes, half of them 1, as text: what follows the name of a line of `width` values.
std::vector<std::string> example_rows(int width) {
  core::Rng rng(1);
  std::vector<std::string> rows;
  for (int i = 0; i < kRowsMade; ++i) {
    std::string& row = rows.emplace_back();
    for (int k = 0; k < width; ++k) {
      const double at = rng.uniform();
      row +=
          at > 0.07 ? std::string(",0") : fmt::format(",{}", 1 + static_cast<int>(-1.5 * std::log(1 - rng.uniform())));
    }
    row += '\n';
  }
  return rows;
}

/// A table on disk while this lives. Writes through zlib, which leaves plain files plain in mode "wT".
class TableFile {
 public:
  TableFile(Form form, Lines lines) {
    const int width = lines == Lines::kCells ? kGenes : kCells, n_lines = lines == Lines::kCells ? kCells : kGenes;
    const std::vector<std::string> rows = example_rows(width);
    gzFile file = gzopen(path_.c_str(), form == Form::kPlain ? "wT" : "w6");
    if (file == nullptr) throw std::runtime_error("no file can be made");
    const auto write = [file](const std::string& text) {
      (void)gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    };
    std::string titles;
    for (int i = 0; i < width; ++i)
      titles += lines == Lines::kCells ? fmt::format(",ENSG{:011}", i) : fmt::format(",c{}", i);
    write(titles + "\n");
    for (int i = 0; i < n_lines; ++i) {
      write(lines == Lines::kCells ? fmt::format("cell-{}", i) : fmt::format("ENSG{:011}", i));
      write(rows[static_cast<std::size_t>(i % kRowsMade)]);
    }
    gzclose(file);
  }
  ~TableFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_ = std::filesystem::temp_directory_path() / fmt::format("sctab-bench-{}.csv", ::getpid());
};

/// Claims and does the work in so many threads, as labelling does.
void read_all(const TableSource& source, int n_threads) {
  const auto rows = source.read_rows("X", {.memory_bytes = 500'000'000, .temporary_folder = {}, .threads = n_threads});
  std::mutex claiming;
  const auto read = [&] {
    sparse::CsrMatrix block;
    while (true) {
      formats::RowReader::Work work;
      {
        const std::lock_guard lock(claiming);
        work = rows->claim(kCellsOfClaim);
      }
      if (!work) return;
      work(block);
      benchmark::DoNotOptimize(block.data.data());
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < n_threads; ++i) threads.emplace_back(read);
  read();
  for (std::thread& each : threads) each.join();
}

/// Arguments: Form, Lines, threads.
void read_rows(benchmark::State& state) {
  const TableFile file(static_cast<Form>(state.range(0)), static_cast<Lines>(state.range(1)));
  const TableSource source(file.path());
  for (auto _ : state) read_all(source, static_cast<int>(state.range(2)));
  state.SetItemsProcessed(state.iterations() * kCells);
}
BENCHMARK(read_rows)
    ->ArgNames({"gzip", "genes_in_lines", "threads"})
    ->ArgsProduct({{0, 1}, {0, 1}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// What comes before: names, offsets and a look at the values. Arguments: Form, Lines.
void open_table(benchmark::State& state) {
  const TableFile file(static_cast<Form>(state.range(0)), static_cast<Lines>(state.range(1)));
  for (auto _ : state) benchmark::DoNotOptimize(TableSource(file.path()).n_cells());
  state.SetItemsProcessed(state.iterations() * kCells);
}
BENCHMARK(open_table)
    ->ArgNames({"gzip", "genes_in_lines"})
    ->ArgsProduct({{0, 1}, {0, 1}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// A stream of gzip by itself, in cells as well.
void inflate_alone(benchmark::State& state) {
  const TableFile file(Form::kGzip, Lines::kCells);
  std::vector<std::byte> block(1U << 20U);
  std::int64_t n_bytes = 0;
  for (auto _ : state) {
    const auto stream = streams::open_stream(file.path());
    while (const std::size_t n = stream->read(block)) n_bytes += static_cast<std::int64_t>(n);
  }
  state.SetBytesProcessed(n_bytes);
  state.SetItemsProcessed(state.iterations() * kCells);
}
BENCHMARK(inflate_alone)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sctab::csv
