#include "sctab/formats/rows/sparse_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "formats/rows/messy_matrix.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/formats/arrays/memory_array.hpp"
#include "support/fixtures.hpp"

namespace sctab::rows {
namespace {

using namespace tests;
using arrays::MemoryArray;
using core::InputError;

struct Shape {
  CellIndex n_cells;
  GeneIndex n_genes;
  double density;
};
// The last two: more genes than a strip's entries count from its first, few and many values.
constexpr Shape kShapes[] = {{0, 5, 0},        {1, 1, 1},           {5, 0, 0},          {300, 1, 0.5},
                             {1, 400, 0.5},    {137, 53, 0.3},      {137, 53, 3},       {1'000, 60, 0.05},
                             {3'000, 20, 0.2}, {40, 200'000, 1e-4}, {700, 90'000, 1e-3}};

/// Calls `check` for matrices of every shape.
void for_each_shape(const std::function<void(const MessyMatrix&)>& check) {
  core::Rng rng(3);
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(testing::Message() << shape.n_cells << " x " << shape.n_genes << " at " << shape.density);
    check(messy_matrix(rng, shape.n_cells, shape.n_genes, shape.density));
  }
}

SparseArrays arrays_like(const std::vector<std::int64_t>& indptr, const std::vector<std::int32_t>& indices,
                         CellIndex n_cells, GeneIndex n_genes) {
  return {.where = {.file = "cells.test", .matrix = "X"},
          .n_cells = n_cells,
          .n_genes = n_genes,
          .nnz = std::ssize(indices),
          .indptr = std::make_unique<MemoryArray>(indptr),
          .indices = std::make_unique<MemoryArray>(indices),
          .data = std::make_unique<MemoryArray>(std::vector<float>(indices.size(), 1))};
}

void read_csr(SparseArrays matrix) {
  (void)read_all(*make_csr_rows(std::move(matrix)), 10);
}

void read_csc(SparseArrays matrix) {
  (void)read_all(*make_csc_rows(std::move(matrix), {}), 10);
}

TEST(CsrRows, EqualTheReference) {
  for_each_shape([](const MessyMatrix& matrix) {
    for (const CellIndex block : {1, 30, 5'000}) {
      expect_same(read_all(*make_csr_rows(csr_arrays(matrix)), block), sums(matrix));
      expect_same(read_backwards(*make_csr_rows(csr_arrays(matrix)), block, 3), sums(matrix));
    }
  });
}

TEST(CscRows, EqualTheReferenceForAnyMemoryAndThreads) {
  const sctab::tests::TemporaryFolder scratch;
  for_each_shape([&](const MessyMatrix& matrix) {
    const sparse::CsrMatrix want = sums(matrix);
    for (const std::int64_t memory : {1, 500, 20'000, 1'000'000'000}) {
      if (memory < 20'000 && matrix.values.size() > 4'000) continue;  // takes minutes
      for (const int threads : {1, 4}) {
        SCOPED_TRACE(testing::Message() << memory << " bytes, " << threads << " threads");
        const formats::ReadOptions options{
            .memory_bytes = memory, .temporary_folder = scratch.path(), .threads = threads};
        expect_same(read_all(*make_csc_rows(csc_arrays(matrix), options), 1'000), want);
        expect_same(read_backwards(*make_csc_rows(csc_arrays(matrix), options), 30, threads), want);
      }
    }
  });
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

TEST(CscRows, OneCellAtATime) {
  core::Rng rng(4);
  const MessyMatrix matrix = messy_matrix(rng, 600, 40, 0.3);
  for (const std::int64_t memory : {1, 1'000'000}) {
    expect_same(read_all(*make_csc_rows(csc_arrays(matrix), {.memory_bytes = memory, .temporary_folder = {}}), 1),
                sums(matrix));
  }
}

TEST(SparseRows, NumbersOfAnyType) {
  const auto typed = [](auto index, auto value, auto offset) {
    using Index = decltype(index);
    using Value = decltype(value);
    using Offset = decltype(offset);
    SparseArrays matrix = arrays_like({}, {}, 2, 3);
    matrix.nnz = 3;
    matrix.indptr = std::make_unique<MemoryArray>(std::vector<Offset>{0, 2, 3});
    matrix.indices = std::make_unique<MemoryArray>(std::vector<Index>{0, 2, 1});
    matrix.data = std::make_unique<MemoryArray>(std::vector<Value>{7, 8, 9});
    const sparse::CsrMatrix got = read_all(*make_csr_rows(std::move(matrix)), 5);
    EXPECT_EQ(got.indices, (std::vector<GeneIndex>{0, 2, 1}));
    EXPECT_EQ(got.data, (std::vector<float>{7, 8, 9}));
  };
  typed(std::uint8_t{}, std::int8_t{}, std::int32_t{});
  typed(std::int64_t{}, double{}, std::uint64_t{});
  typed(std::uint16_t{}, std::uint32_t{}, double{});
}

TEST(SparseRows, ContradictionsAreNamed) {
  const std::vector<std::int32_t> indices{0, 1, 2, 0};
  for (const auto& read : {&read_csr, &read_csc}) {
    SCTAB_EXPECT_THROW_WITH(read(arrays_like({0, 2, 4}, indices, 3, 3)), InputError, "cells.test", "X",
                            "indptr has 3 entries", "4 for 3 × 3");
    SCTAB_EXPECT_THROW_WITH(read(arrays_like({0, 2, 1, 4}, indices, 3, 3)), InputError, "indptr[2] is 1");
    SCTAB_EXPECT_THROW_WITH(read(arrays_like({1, 2, 3, 4}, indices, 3, 3)), InputError, "indptr[0] is 1");
    SCTAB_EXPECT_THROW_WITH(read(arrays_like({0, 2, 3, 9}, indices, 3, 3)), InputError, "indptr[3] is 9");
    SCTAB_EXPECT_THROW_WITH(read(arrays_like({0, 2, 3, 3}, indices, 3, 3)), InputError, "indptr ends at 3");
    SparseArrays short_of_values = arrays_like({0, 2, 3, 4}, indices, 3, 3);
    short_of_values.data = std::make_unique<MemoryArray>(std::vector<float>(3, 1));
    SCTAB_EXPECT_THROW_WITH(read(std::move(short_of_values)), InputError, "has 3 values but 4 indices");
    SparseArrays other_nnz = arrays_like({0, 2, 3, 4}, indices, 3, 3);
    other_nnz.nnz = 5;
    SCTAB_EXPECT_THROW_WITH(read(std::move(other_nnz)), InputError, "has 4 values", "expected 5");
  }
  SCTAB_EXPECT_THROW_WITH(read_csr(arrays_like({0, 2, 3, 4}, {0, 1, 3, 0}, 3, 3)), InputError,
                          "cell 1: has a value in a column outside of the 3 genes");
  SCTAB_EXPECT_THROW_WITH(read_csr(arrays_like({0, 2, 3, 4}, {0, 1, 2, -1}, 3, 3)), InputError, "cell 2: has a value");
  for (const std::int32_t cell : {-1, 3}) {
    SCTAB_EXPECT_THROW_WITH(read_csc(arrays_like({0, 2, 3, 4}, {0, 1, 2, cell}, 3, 3)), InputError,
                            "X: has a value in a row outside of the 3 cells");
  }
}

/// 60 rows of 40 values each, in ascending columns of 500.
SparseArrays with_hole(bool in_offsets, std::int64_t begin, std::int64_t end, bool of_cells) {
  std::vector<std::int64_t> indptr;
  std::vector<std::int32_t> indices;
  for (std::int64_t row = 0; row <= 60; ++row) indptr.push_back(row * 40);
  for (std::int32_t i = 0; i < 60 * 40; ++i) indices.push_back(i % 40 * 12 + 3);
  if (in_offsets) std::fill(indptr.begin() + begin, indptr.begin() + end, 0);
  if (!in_offsets) std::fill(indices.begin() + begin, indices.begin() + end, 0);
  return arrays_like(indptr, indices, of_cells ? 60 : 500, of_cells ? 500 : 60);
}

TEST(SparseRows, HolesAreRefused) {
  for (const bool of_cells : {true, false}) {
    const auto& read = of_cells ? read_csr : read_csc;
    SCTAB_EXPECT_THROW_WITH(read(with_hole(false, 500, 628, of_cells)), InputError, "X: its indices up to entry",
                            "copy or download the file again");
    SCTAB_EXPECT_THROW_WITH(read(with_hole(true, 0, 31, of_cells)), InputError, "X: indptr begins with 31 zeros");
  }
}

TEST(SparseRows, RepeatsOfTheFirstColumnAreSummed) {
  const std::vector<std::int32_t> zeros(51, 0);
  const sparse::CsrMatrix got = read_all(*make_csr_rows(arrays_like({0, 50, 50, 51}, zeros, 3, 3)), 2);
  EXPECT_EQ(got.data, (std::vector<float>{50, 1}));
  EXPECT_EQ(got.indptr, (std::vector<std::int64_t>{0, 1, 1, 2}));
}

TEST(SparseRows, StopWhenInterrupted) {
  core::Rng rng(5);
  const MessyMatrix matrix = messy_matrix(rng, 50, 50, 0.5);
  const auto csr = make_csr_rows(csr_arrays(matrix));
  const auto csc = make_csc_rows(csc_arrays(matrix), {});
  sparse::CsrMatrix block;
  core::set_interrupted(true);
  EXPECT_THROW(csr->next(10, block), core::Interrupted);
  EXPECT_THROW(csc->next(10, block), core::Interrupted);
  core::set_interrupted(false);
  EXPECT_TRUE(csr->next(10, block));
  EXPECT_TRUE(csc->next(10, block));
}

TEST(CscRows, TheScratchFolderMustBeThere) {
  core::Rng rng(6);
  const MessyMatrix matrix = messy_matrix(rng, 50, 50, 0.5);
  const auto rows = make_csc_rows(csc_arrays(matrix), {.memory_bytes = 1, .temporary_folder = "/nowhere"});
  sparse::CsrMatrix block;
  SCTAB_EXPECT_THROW_WITH(rows->next(10, block), InputError, "/nowhere",
                          "the temporary space for reordering the matrix by cell cannot be written", "No such file");
}

TEST(SparseRows, AnnouncedSizesNeedMemory) {
  core::set_memory_budget(1'000'000);
  SparseArrays many_cells = arrays_like({0, 0}, {}, 10'000'000, 1);
  SCTAB_EXPECT_THROW_WITH(read_csc(std::move(many_cells)), InputError, "announces 10,000,000 cells", "80.0 MB");
  SparseArrays one_cell = arrays_like({0, 400'000}, std::vector<std::int32_t>(400'000, 1), 1, 3);
  SCTAB_EXPECT_THROW_WITH(read_csr(std::move(one_cell)), InputError, "has 400,000 values in 1 cell");
  SparseArrays of_one_cell = arrays_like({0, 0, 400'000}, std::vector<std::int32_t>(400'000, 1), 3, 2);
  SCTAB_EXPECT_THROW_WITH(read_csc(std::move(of_one_cell)), InputError, "values in 3 cells");
  core::set_memory_budget(0);
}

}  // namespace
}  // namespace sctab::rows
