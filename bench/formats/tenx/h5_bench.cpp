#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "formats/example_cells.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "sctab/formats/hdf5/chunk_writer.hpp"
#include "sctab/formats/hdf5/write.hpp"

namespace sctab::tenx {
namespace {

using core::CellIndex;
using core::GeneIndex;

using formats::bench::example_cells;
using formats::bench::kCells;
using formats::bench::kCellsInMemory;
using formats::bench::kGenes;

class TemporaryFile {
 public:
  explicit TemporaryFile(const char* ending)
      : path_(std::filesystem::temp_directory_path() / fmt::format("sctab-bench-{}{}", ::getpid(), ending)) {}
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

formats::Strings numbered(const char* pattern, std::int64_t n) {
  formats::Strings names;
  for (std::int64_t i = 0; i < n; ++i) names.push_back(fmt::format(fmt::runtime(pattern), i));
  return names;
}

void write_h5ad(const std::filesystem::path& path, h5ad::ValueType values) {
  h5ad::Writer writer(path, kGenes, {.values = values});
  for (CellIndex done = 0; done < kCells; done += kCellsInMemory) writer.append(example_cells().view());
  writer.write_obs(numbered("cell{}", kCells), {});
  writer.write_var(numbered("ENSG{:011}", kGenes), {});
  writer.close();
}

/// A number of each stored value of the cells, over and over until there are kCells.
template <typename Value, typename Of>
void write_values(hid_t group, const char* name, hid_t type, Of of) {
  hdf5::ChunkWriter writer(group, name, type, {.chunk_rows = 80'000, .gzip_level = 4});  // Cell Ranger's chunks
  const auto n = example_cells().data.size();
  std::vector<Value> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<Value>(of(i));
  for (CellIndex done = 0; done < kCells; done += kCellsInMemory) writer.append(std::as_bytes(std::span(values)));
  (void)writer.finish();
}

/// As Cell Ranger writes it: indices of 64 bits. reversed: those of a cell descend, as in files of Cell Ranger 3.
void write_tenx(const std::filesystem::path& path, bool reversed) {
  const hdf5::Lock lock;
  const sparse::CsrMatrix& cells = example_cells();
  std::vector<std::size_t> place(cells.data.size());
  for (CellIndex cell = 0; cell < kCellsInMemory; ++cell) {
    const auto begin = static_cast<std::size_t>(cells.indptr[static_cast<std::size_t>(cell)]);
    const auto end = static_cast<std::size_t>(cells.indptr[static_cast<std::size_t>(cell) + 1]);
    for (std::size_t i = begin; i < end; ++i) place[i] = reversed ? begin + end - 1 - i : i;
  }
  hdf5::Handle file = hdf5::create_file(path);
  {
    const hdf5::Handle matrix = hdf5::create_group(file.id(), "matrix");
    const hid_t group = matrix.id();
    write_values<std::int32_t>(group, "data", H5T_NATIVE_INT32, [&](std::size_t i) { return cells.data[place[i]]; });
    write_values<std::int64_t>(group, "indices", H5T_NATIVE_INT64,
                               [&](std::size_t i) { return cells.indices[place[i]]; });
    std::vector<std::int64_t> indptr = {0};
    for (CellIndex cell = 0; cell < kCells; ++cell) {
      const auto of_example = static_cast<std::size_t>(cell % kCellsInMemory);
      indptr.push_back(indptr.back() + cells.indptr[of_example + 1] - cells.indptr[of_example]);
    }
    const std::vector<std::int64_t> shape = {kGenes, kCells};
    using hdf5::Encoding;
    (void)hdf5::write_array(group, "indptr", H5T_NATIVE_INT64, std::as_bytes(std::span(indptr)), Encoding::kCurrent);
    (void)hdf5::write_array(group, "shape", H5T_NATIVE_INT64, std::as_bytes(std::span(shape)), Encoding::kCurrent);
    (void)hdf5::write_texts(group, "barcodes", numbered("cell{}", kCells), Encoding::kCurrent);
    const hdf5::Handle features = hdf5::create_group(group, "features");
    (void)hdf5::write_texts(features.id(), "id", numbered("ENSG{:011}", kGenes), Encoding::kCurrent);
  }
  hdf5::close_file(file, path);
}

void read_cells(benchmark::State& state, const std::filesystem::path& path) {
  const auto source = formats::open_cells(path);
  const auto counts = source->find_counts(formats::InputKind::kCounts, "");
  sparse::CsrMatrix block;
  for (auto _ : state) {
    const auto rows = source->read_rows(counts.matrix_path, {});
    while (rows->next(1'024, block)) benchmark::DoNotOptimize(block.data.data());
  }
  state.SetItemsProcessed(state.iterations() * kCells);
}

/// Argument: the type of the values.
void read_h5ad(benchmark::State& state) {
  const TemporaryFile file(".h5ad");
  write_h5ad(file.path(), static_cast<h5ad::ValueType>(state.range(0)));
  read_cells(state, file.path());
}
BENCHMARK(read_h5ad)
    ->Arg(static_cast<int>(h5ad::ValueType::kUint16))
    ->Arg(static_cast<int>(h5ad::ValueType::kFloat32))
    ->Unit(benchmark::kMillisecond);

/// Argument: whether the indices of a cell descend.
void read_tenx(benchmark::State& state) {
  const TemporaryFile file(".h5");
  write_tenx(file.path(), state.range(0) != 0);
  read_cells(state, file.path());
}
BENCHMARK(read_tenx)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sctab::tenx
