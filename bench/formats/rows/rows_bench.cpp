#include <benchmark/benchmark.h>

#include <cmath>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/arrays/memory_array.hpp"
#include "sctab/formats/rows/cell_spool.hpp"
#include "sctab/formats/rows/dense_rows.hpp"
#include "sctab/formats/rows/sparse_rows.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::rows {
namespace {

constexpr CellIndex kCells = 8'192;
constexpr GeneIndex kGenes = 20'000;
constexpr CellIndex kCellsOfClaim = 512;
const core::Problem kWhere{.file = "memory", .matrix = "X"};

/// A tenth of the values is not zero, and half of those are 1, as 10x data have it.
struct Example {
  std::vector<std::int64_t> cell_begin{0}, gene_begin;
  std::vector<std::int32_t> genes, cells;
  std::vector<float> by_cell, by_gene;
};

const Example& example() {
  static const Example made = [] {
    core::Rng rng(1);
    Example e;
    e.gene_begin.assign(kGenes + 1, 0);
    for (CellIndex cell = 0; cell < kCells; ++cell) {
      for (GeneIndex gene = 0; gene < kGenes; ++gene) {
        if (rng.uniform() > 0.1) continue;
        e.genes.push_back(gene);
        e.by_cell.push_back(static_cast<float>(1 + static_cast<int>(-1.5 * std::log(1 - rng.uniform()))));
        ++e.gene_begin[static_cast<std::size_t>(gene) + 1];
      }
      e.cell_begin.push_back(static_cast<std::int64_t>(e.genes.size()));
    }
    for (std::size_t i = 1; i < e.gene_begin.size(); ++i) e.gene_begin[i] += e.gene_begin[i - 1];
    e.cells.resize(e.genes.size());
    e.by_gene.resize(e.genes.size());
    std::vector<std::int64_t> slot(e.gene_begin.begin(), e.gene_begin.end() - 1);
    for (CellIndex cell = 0; cell < kCells; ++cell) {
      const auto begin = static_cast<std::size_t>(e.cell_begin[static_cast<std::size_t>(cell)]);
      const auto end = static_cast<std::size_t>(e.cell_begin[static_cast<std::size_t>(cell) + 1]);
      for (std::size_t i = begin; i < end; ++i) {
        const auto at = static_cast<std::size_t>(slot[static_cast<std::size_t>(e.genes[i])]++);
        e.cells[at] = static_cast<std::int32_t>(cell);
        e.by_gene[at] = e.by_cell[i];
      }
    }
    return e;
  }();
  return made;
}

/// Numbers that somebody else holds.
template <typename T>
class SharedArray final : public arrays::NumberArray {
 public:
  explicit SharedArray(const std::vector<T>& numbers) : numbers_(numbers) {}
  [[nodiscard]] std::int64_t size() const override { return std::ssize(numbers_); }
  [[nodiscard]] arrays::Number number() const override { return arrays::number_of<T>(); }
  void read(std::int64_t begin, std::span<float> out) override { copy(begin, out); }
  void read(std::int64_t begin, std::span<double> out) override { copy(begin, out); }
  void read(std::int64_t begin, std::span<std::int32_t> out) override { copy(begin, out); }
  void read(std::int64_t begin, std::span<std::int64_t> out) override { copy(begin, out); }

 private:
  template <typename To>
  void copy(std::int64_t begin, std::span<To> out) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = arrays::convert_number<To>(numbers_[static_cast<std::size_t>(begin) + i]);
    }
  }
  const std::vector<T>& numbers_;
};

/// The matrix with its zeros, a byte a number, in chunks of 64 × 64.
std::shared_ptr<arrays::NumberMatrix> dense_example(bool by_cells) {
  const Example& e = example();
  const auto& begins = by_cells ? e.cell_begin : e.gene_begin;
  const auto& columns = by_cells ? e.genes : e.cells;
  const auto& values = by_cells ? e.by_cell : e.by_gene;
  const std::int64_t n_rows = by_cells ? kCells : kGenes, n_columns = by_cells ? kGenes : kCells;
  std::vector<std::uint8_t> numbers(static_cast<std::size_t>(n_rows * n_columns));
  for (std::size_t row = 0; row < static_cast<std::size_t>(n_rows); ++row) {
    for (auto i = static_cast<std::size_t>(begins[row]); i < static_cast<std::size_t>(begins[row + 1]); ++i) {
      numbers[row * static_cast<std::size_t>(n_columns) + static_cast<std::size_t>(columns[i])] =
          static_cast<std::uint8_t>(values[i]);
    }
  }
  return std::make_shared<arrays::MemoryMatrix>(arrays::MemoryMatrix::Shape{n_rows, n_columns, 64, 64}, numbers);
}

/// A matrix that several readers take turns with.
class SharedMatrix final : public arrays::NumberMatrix {
 public:
  explicit SharedMatrix(std::shared_ptr<arrays::NumberMatrix> matrix) : matrix_(std::move(matrix)) {}
  [[nodiscard]] std::int64_t n_rows() const override { return matrix_->n_rows(); }
  [[nodiscard]] std::int64_t n_columns() const override { return matrix_->n_columns(); }
  [[nodiscard]] arrays::Number number() const override { return matrix_->number(); }
  [[nodiscard]] std::int64_t chunk_rows() const override { return matrix_->chunk_rows(); }
  [[nodiscard]] std::int64_t chunk_columns() const override { return matrix_->chunk_columns(); }
  void read(const arrays::Block& block, std::span<std::byte> out) override { matrix_->read(block, out); }

 private:
  std::shared_ptr<arrays::NumberMatrix> matrix_;
};

SparseArrays arrays_of(bool by_cells) {
  const Example& e = example();
  return {.where = kWhere,
          .n_cells = kCells,
          .n_genes = kGenes,
          .nnz = std::ssize(e.by_cell),
          .indptr = std::make_unique<SharedArray<std::int64_t>>(by_cells ? e.cell_begin : e.gene_begin),
          .indices = std::make_unique<SharedArray<std::int32_t>>(by_cells ? e.genes : e.cells),
          .data = std::make_unique<SharedArray<float>>(by_cells ? e.by_cell : e.by_gene)};
}

std::unique_ptr<formats::RowReader> spool(const formats::ReadOptions& options) {
  const Example& e = example();
  CellSpool values(kWhere, kCells, options);
  for (std::size_t gene = 0; gene < kGenes; ++gene) {
    const auto begin = static_cast<std::size_t>(e.gene_begin[gene]);
    const auto n = static_cast<std::size_t>(e.gene_begin[gene + 1]) - begin;
    values.add_gene(static_cast<GeneIndex>(gene), std::span(e.cells).subspan(begin, n),
                    std::span(e.by_gene).subspan(begin, n));
  }
  return std::move(values).rows(kGenes);
}

using Open = std::function<std::unique_ptr<formats::RowReader>(const formats::ReadOptions&)>;

/// Arguments: threads, memory in MB.
void read_all(benchmark::State& state, const Open& open) {
  const auto threads = static_cast<int>(state.range(0));
  (void)open({.memory_bytes = 1'000'000'000, .temporary_folder = {}, .threads = 1});  // makes the matrix
  core::ThreadPool pool(threads);
  for (auto _ : state) {
    const auto rows = open({.memory_bytes = state.range(1) * 1'000'000, .temporary_folder = {}, .threads = threads});
    std::mutex mutex;
    pool.parallel_for(threads, [&](std::int64_t) {
      sparse::CsrMatrix block;
      while (true) {
        formats::RowReader::Work work;
        {
          const std::lock_guard lock(mutex);
          work = rows->claim(kCellsOfClaim);
        }
        if (!work) return;
        work(block);
        benchmark::DoNotOptimize(block.data.data());
      }
    });
  }
  state.SetItemsProcessed(state.iterations() * kCells);
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->Args({1, 1000})
      ->Args({2, 1000})
      ->Args({2, 100})
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime()
      ->UseRealTime();
}

BENCHMARK_CAPTURE(read_all, csr, [](const auto&) { return make_csr_rows(arrays_of(true)); }) -> Apply(sizes);
BENCHMARK_CAPTURE(read_all, csc, [](const auto& options) { return make_csc_rows(arrays_of(false), options); })
    -> Apply(sizes);
BENCHMARK_CAPTURE(read_all, spool, [](const auto& options) { return spool(options); }) -> Apply(sizes);
BENCHMARK_CAPTURE(read_all, dense_rows, [](const auto& options) {
  static const auto matrix = dense_example(true);
  return make_dense_rows(std::make_unique<SharedMatrix>(matrix), kWhere, options);
}) -> Apply(sizes);
BENCHMARK_CAPTURE(read_all, dense_columns, [](const auto& options) {
  static const auto matrix = dense_example(false);
  return make_dense_columns(std::make_unique<SharedMatrix>(matrix), kWhere, options);
}) -> Apply(sizes);

}  // namespace
}  // namespace sctab::rows
