#include "sctab/formats/rows/dense_rows.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "formats/rows/messy_matrix.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/arrays/memory_array.hpp"
#include "support/fixtures.hpp"

namespace sctab::rows {
namespace {

using namespace tests;
using arrays::MemoryMatrix;
using core::InputError;

const core::Problem kPlace{.file = "cells.test", .matrix = "X"};

/// Counts how often each chunk is expanded.
class CountingMatrix final : public arrays::NumberMatrix {
 public:
  CountingMatrix(std::unique_ptr<MemoryMatrix> matrix, std::atomic<std::int64_t>& n_expanded)
      : matrix_(std::move(matrix)), n_expanded_(n_expanded) {}
  [[nodiscard]] std::int64_t n_rows() const override { return matrix_->n_rows(); }
  [[nodiscard]] std::int64_t n_columns() const override { return matrix_->n_columns(); }
  [[nodiscard]] arrays::Number number() const override { return matrix_->number(); }
  [[nodiscard]] std::int64_t chunk_rows() const override { return matrix_->chunk_rows(); }
  [[nodiscard]] std::int64_t chunk_columns() const override { return matrix_->chunk_columns(); }
  void read(const arrays::Block& block, std::span<std::byte> out) override {
    const auto chunks = [](std::int64_t begin, std::int64_t n, std::int64_t chunk) {
      return (begin + n + chunk - 1) / chunk - begin / chunk;
    };
    n_expanded_ +=
        chunks(block.row, block.n_rows, chunk_rows()) * chunks(block.column, block.n_columns, chunk_columns());
    matrix_->read(block, out);
  }

 private:
  std::unique_ptr<MemoryMatrix> matrix_;
  std::atomic<std::int64_t>& n_expanded_;
};

enum class Way { kRows, kColumns };

/// The matrix with its zeros, as rows or columns, chunks of cells × genes.
template <typename T = float>
std::unique_ptr<MemoryMatrix> dense(const sparse::CsrMatrix& cells, Way way, CellIndex chunk_cells = 1,
                                    GeneIndex chunk_genes = 1) {
  const auto n_cells = static_cast<std::size_t>(cells.n_cells), n_genes = static_cast<std::size_t>(cells.n_genes);
  std::vector<T> numbers(n_cells * n_genes);
  for (std::size_t cell = 0; cell < n_cells; ++cell) {
    const auto row = cells.row(static_cast<CellIndex>(cell));
    for (std::size_t i = 0; i < row.indices.size(); ++i) {
      const auto gene = static_cast<std::size_t>(row.indices[i]);
      numbers[way == Way::kRows ? cell * n_genes + gene : gene * n_cells + cell] = static_cast<T>(row.data[i]);
    }
  }
  if (way == Way::kRows) {
    return std::make_unique<MemoryMatrix>(MemoryMatrix::Shape{cells.n_cells, cells.n_genes, chunk_cells, chunk_genes},
                                          numbers);
  }
  return std::make_unique<MemoryMatrix>(MemoryMatrix::Shape{cells.n_genes, cells.n_cells, chunk_genes, chunk_cells},
                                        numbers);
}

std::unique_ptr<formats::RowReader> rows_of(std::unique_ptr<arrays::NumberMatrix> matrix, Way way,
                                            const formats::ReadOptions& options = {}) {
  return way == Way::kRows ? make_dense_rows(std::move(matrix), kPlace, options)
                           : make_dense_columns(std::move(matrix), kPlace, options);
}

sparse::CsrMatrix dense_example(CellIndex n_cells = 137, GeneIndex n_genes = 53) {
  core::Rng rng(10);
  return sums(messy_matrix(rng, n_cells, n_genes, 0.3));
}

TEST(DenseRows, EqualTheReferenceForAnyChunksMemoryAndThreads) {
  const sparse::CsrMatrix want = dense_example();
  const sctab::tests::TemporaryFolder scratch;
  for (const Way way : {Way::kRows, Way::kColumns}) {
    for (const auto& chunk : {std::pair{1, 1}, {10, 7}, {1, 53}, {137, 1}, {64, 64}, {500, 500}}) {
      for (const std::int64_t memory : {1, 3'000, 30'000, 1'000'000'000}) {
        for (const int threads : {1, 2, 4}) {
          SCOPED_TRACE(testing::Message()
                       << (way == Way::kRows ? "rows" : "columns") << ", chunks of " << chunk.first << " x "
                       << chunk.second << ", " << memory << " bytes, " << threads << " threads");
          const formats::ReadOptions options{
              .memory_bytes = memory, .temporary_folder = scratch.path(), .threads = threads};
          for (const CellIndex block : {1, 25, 200}) {
            const auto matrix = [&] { return dense(want, way, chunk.first, chunk.second); };
            expect_same(read_all(*rows_of(matrix(), way, options), block), want);
            expect_same(read_backwards(*rows_of(matrix(), way, options), block, 4), want);
          }
        }
      }
    }
  }
}

TEST(DenseRows, EdgesOfShape) {
  for (const Way way : {Way::kRows, Way::kColumns}) {
    for (const auto& shape : {std::pair{0, 5}, {5, 0}, {1, 1}, {300, 1}, {1, 300}}) {
      const sparse::CsrMatrix want = dense_example(shape.first, shape.second);
      for (const std::int64_t memory : {1, 1'000'000}) {
        expect_same(
            read_all(*rows_of(dense(want, way, 4, 4), way, {.memory_bytes = memory, .temporary_folder = {}}), 9), want);
      }
    }
  }
}

TEST(DenseRows, NumbersOfAnyType) {
  sparse::CsrMatrix want = dense_example();
  for (float& value : want.data) value = std::abs(value);
  for (const Way way : {Way::kRows, Way::kColumns}) {
    expect_same(read_all(*rows_of(dense<std::uint8_t>(want, way), way), 50), want);
    expect_same(read_all(*rows_of(dense<std::int16_t>(want, way), way), 50), want);
    expect_same(read_all(*rows_of(dense<std::int64_t>(want, way), way), 50), want);
    expect_same(read_all(*rows_of(dense<double>(want, way), way), 50), want);
  }
}

TEST(DenseRows, NanIsKept) {
  for (const Way way : {Way::kRows, Way::kColumns}) {
    const std::vector<float> numbers{0, std::numeric_limits<float>::quiet_NaN(), -0.0F, 1};
    auto matrix = std::make_unique<MemoryMatrix>(MemoryMatrix::Shape{2, 2, 1, 1}, numbers);
    const sparse::CsrMatrix got = read_all(*rows_of(std::move(matrix), way), 9);
    ASSERT_EQ(got.data.size(), 2U);
    EXPECT_TRUE(std::isnan(got.data[0]));
  }
}

TEST(DenseRows, ExpandEachChunkOnce) {
  const sparse::CsrMatrix want = dense_example(600, 100);
  for (const Way way : {Way::kRows, Way::kColumns}) {
    for (const auto& chunk : {std::pair{10, 30}, {600, 1}, {150, 20}, {1, 100}}) {
      const auto n_chunks = ((600 + chunk.first - 1) / chunk.first) * ((100 + chunk.second - 1) / chunk.second);
      for (const std::int64_t memory : {120'000, 1'000'000'000}) {
        for (const CellIndex block : {7, 100, 600}) {
          SCOPED_TRACE(testing::Message() << chunk.first << " x " << chunk.second << ", " << memory << ", " << block);
          std::atomic<std::int64_t> n_expanded{0};
          auto matrix = std::make_unique<CountingMatrix>(dense(want, way, chunk.first, chunk.second), n_expanded);
          expect_same(
              read_all(*rows_of(std::move(matrix), way, {.memory_bytes = memory, .temporary_folder = {}, .threads = 2}),
                       block),
              want);
          EXPECT_EQ(n_expanded, n_chunks);
        }
      }
    }
  }
}

TEST(DenseRows, StopWhenInterrupted) {
  const auto rows = rows_of(dense(dense_example(), Way::kRows), Way::kRows);
  const auto work = rows->claim(10);
  sparse::CsrMatrix block;
  core::set_interrupted(true);
  EXPECT_THROW(work(block), core::Interrupted);
  EXPECT_THROW(rows->next(10, block), core::Interrupted);
  core::set_interrupted(false);
  EXPECT_TRUE(rows->next(10, block));
}

TEST(DenseRows, ABandNeedsMemory) {
  const sparse::CsrMatrix cells = dense_example(10, 3'000);
  for (const Way way : {Way::kRows, Way::kColumns}) {
    const auto rows = rows_of(dense(cells, way), way);
    sparse::CsrMatrix block;
    core::set_memory_budget(5'000);
    SCTAB_EXPECT_THROW_WITH(rows->next(10, block), InputError, "cells.test: X: has 10 cells of 3,000 genes");
    core::set_memory_budget(0);
  }
}

/// Only says that it is there.
class HugeMatrix final : public arrays::NumberMatrix {
 public:
  [[nodiscard]] std::int64_t n_rows() const override { return 3; }
  [[nodiscard]] std::int64_t n_columns() const override { return std::int64_t{1} << 40; }
  [[nodiscard]] arrays::Number number() const override { return arrays::Number::kInt8; }
  [[nodiscard]] std::int64_t chunk_rows() const override { return std::int64_t{1} << 62; }
  [[nodiscard]] std::int64_t chunk_columns() const override { return std::int64_t{1} << 62; }
  void read(const arrays::Block&, std::span<std::byte>) override { FAIL() << "read"; }
};

TEST(DenseRows, TooManyGenesAreRefused) {
  SCTAB_EXPECT_THROW_WITH(rows_of(std::make_unique<HugeMatrix>(), Way::kRows), InputError,
                          "X: has 1099511627776 columns");
  sparse::CsrMatrix block;
  const auto columns = rows_of(std::make_unique<HugeMatrix>(), Way::kColumns);
  core::set_memory_budget(1'000'000);
  EXPECT_THROW(columns->next(2'000'000, block), InputError);
  core::set_memory_budget(0);
}

}  // namespace
}  // namespace sctab::rows
