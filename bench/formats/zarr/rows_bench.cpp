// The same cells from zarr and from h5ad, in one run.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <span>

#include "formats/example_cells.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "sctab/formats/zarr/node_writer.hpp"
#include "sctab/formats/zarr/target.hpp"

namespace sctab::zarr {
namespace {

namespace fs = std::filesystem;
using core::CellIndex;
using core::GeneIndex;
using nlohmann::json;

using formats::bench::example_cells;
using formats::bench::kCells;
using formats::bench::kCellsInMemory;
using formats::bench::kGenes;

enum Kind : int { kH5ad, kZarr2, kZarr3, kZarr3Zip };

formats::Strings names(std::string_view word, std::int64_t n) {
  formats::Strings names;
  for (std::int64_t i = 0; i < n; ++i) names.push_back(fmt::format("{}{:011}", word, i));
  return names;
}

void write_h5ad(const fs::path& path) {
  core::ThreadPool pool(core::default_threads());
  h5ad::Writer writer(path, kGenes, {.values = h5ad::ValueType::kFloat32, .pool = &pool});
  for (CellIndex done = 0; done < kCells; done += kCellsInMemory) writer.append(example_cells().view());
  writer.write_obs(names("cell", kCells), {});
  writer.write_var(names("ENSG", kGenes), {});
  writer.close();
}

template <typename T>
void write_repeated(NodeWriter& writer, const std::string& path, arrays::Number number, std::span<const T> values) {
  std::vector<T> all;
  for (CellIndex done = 0; done < kCells; done += kCellsInMemory) all.insert(all.end(), values.begin(), values.end());
  writer.write_numbers(path, {.number = number}, std::as_bytes(std::span(all)), json::object());
}

void write_zarr(const fs::path& path, int version) {
  const auto target = make_target(path);
  NodeWriter writer(*target, version);
  const auto marked = [](const char* type, const char* encoding) {
    return json{{"encoding-type", type}, {"encoding-version", encoding}};
  };
  writer.write_group("", marked("anndata", "0.1.0"));
  json csr = marked("csr_matrix", "0.1.0");
  csr["shape"] = {kCells, kGenes};
  writer.write_group("X", csr);
  const sparse::CsrMatrix& cells = example_cells();
  write_repeated<float>(writer, "X/data", arrays::Number::kFloat32, cells.data);
  write_repeated<GeneIndex>(writer, "X/indices", arrays::Number::kInt32, cells.indices);
  std::vector<std::int64_t> indptr{0};
  for (CellIndex cell = 0; cell < kCells; ++cell) {
    const auto at = static_cast<std::size_t>(cell % kCellsInMemory);
    indptr.push_back(indptr.back() + cells.indptr[at + 1] - cells.indptr[at]);
  }
  writer.write_numbers("X/indptr", {.number = arrays::Number::kInt64}, std::as_bytes(std::span(indptr)),
                       json::object());
  for (const auto& [table, word, n] : {std::tuple{"obs", "cell", kCells}, {"var", "ENSG", CellIndex{kGenes}}}) {
    json dataframe = marked("dataframe", "0.2.0");
    dataframe["_index"] = "_index";
    dataframe["column-order"] = json::array();
    writer.write_group(table, dataframe);
    writer.write_texts(join(table, "_index"), names(word, n), marked("string-array", "0.2.0"));
  }
  target->close();
}

class TemporaryFolder {
 public:
  TemporaryFolder() { fs::create_directories(path_); }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_ = fs::temp_directory_path() / fmt::format("sctab-bench-{}", ::getpid());
};

fs::path write_cells(const TemporaryFolder& folder, int kind) {
  constexpr std::array kNames = {"x.h5ad", "x2.zarr", "x3.zarr", "x3.zarr.zip"};
  const fs::path path = folder.path() / kNames.at(static_cast<std::size_t>(kind));
  kind == kH5ad ? write_h5ad(path) : write_zarr(path, kind == kZarr2 ? 2 : 3);
  return path;
}

/// Arguments: the kind of file, and threads.
void read_rows(benchmark::State& state) {
  const TemporaryFolder folder;
  const auto cells = formats::open_cells(write_cells(folder, static_cast<int>(state.range(0))));
  const auto n_threads = static_cast<int>(state.range(1));
  formats::ReadOptions options;
  options.threads = n_threads;
  core::ThreadPool pool(n_threads);
  for (auto _ : state) {
    const auto rows = cells->read_rows("X", options);
    std::mutex mutex;
    pool.parallel_for(n_threads, [&](std::int64_t) {
      sparse::CsrMatrix block;
      while (true) {
        formats::RowReader::Work work;
        {
          const std::lock_guard lock(mutex);
          work = rows->claim(1'024);
        }
        if (!work) return;
        work(block);
        benchmark::DoNotOptimize(block.data.data());
      }
    });
  }
  state.SetItemsProcessed(state.iterations() * kCells);
}
BENCHMARK(read_rows)
    ->ArgNames({"h5ad_zarr2_zarr3_zip", "threads"})
    ->ArgsProduct({{kH5ad, kZarr2, kZarr3, kZarr3Zip}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace sctab::zarr
