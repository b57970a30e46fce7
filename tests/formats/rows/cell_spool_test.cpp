#include "sctab/formats/rows/cell_spool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "formats/rows/messy_matrix.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/rows/scratch_file.hpp"
#include "support/fixtures.hpp"

namespace sctab::rows {
namespace {

using namespace tests;
using core::InputError;

const core::Problem kPlaceOfSpool{.file = "cells.test", .matrix = "X"};

MessyMatrix unsorted_example(GeneIndex n_genes = 70) {
  core::Rng rng(8);
  return messy_matrix(rng, 900, n_genes, 20.0 / n_genes);
}

std::unique_ptr<formats::RowReader> spooled(const MessyMatrix& matrix, const formats::ReadOptions& options) {
  CellSpool spool(kPlaceOfSpool, matrix.n_cells, options);
  for (const Triplet& t : matrix.values) spool.add(t.cell, t.gene, t.value);
  return std::move(spool).rows(matrix.n_genes);
}

TEST(CellSpool, TakesValuesInAnyOrder) {
  const sctab::tests::TemporaryFolder scratch;
  for (const GeneIndex n_genes : {70, 300'000}) {
    const MessyMatrix matrix = unsorted_example(n_genes);
    expect_same(read_all(*spooled(matrix, {.memory_bytes = 1, .temporary_folder = {}}), 100), sums(matrix));
    for (const std::int64_t memory : {8'000, 200'000, 1'000'000'000}) {
      for (const int threads : {1, 2, 3}) {
        SCOPED_TRACE(testing::Message() << n_genes << " genes, " << memory << " bytes, " << threads << " threads");
        const formats::ReadOptions options{
            .memory_bytes = memory, .temporary_folder = scratch.path(), .threads = threads};
        for (const CellIndex block : {7, 256, 1'000}) {
          expect_same(read_all(*spooled(matrix, options), block), sums(matrix));
          expect_same(read_backwards(*spooled(matrix, options), block, 3), sums(matrix));
        }
      }
    }
  }
}

TEST(CellSpool, TakesGenes) {
  const MessyMatrix matrix = unsorted_example();
  CellSpool sparse(kPlaceOfSpool, matrix.n_cells, {.memory_bytes = 10'000, .temporary_folder = {}}),
      dense(kPlaceOfSpool, matrix.n_cells, {});
  for (GeneIndex gene = 0; gene < matrix.n_genes; ++gene) {
    std::vector<std::int32_t> cells;
    std::vector<float> values, all(static_cast<std::size_t>(matrix.n_cells));
    for (const Triplet& t : matrix.values) {
      if (t.gene != gene) continue;
      cells.push_back(static_cast<std::int32_t>(t.cell));
      values.push_back(t.value);
      all[static_cast<std::size_t>(t.cell)] += t.value;
    }
    sparse.add_gene(gene, cells, values);
    dense.add_dense_gene(gene, all);
  }
  expect_same(read_all(*std::move(sparse).rows(matrix.n_genes), 100), sums(matrix));
  expect_same(read_all(*std::move(dense).rows(matrix.n_genes), 100), sums(matrix));
}

TEST(CellSpool, TakesStripsFromAnyThreadInTheOrderOfTheirNumbers) {
  // 38 ones after 1e8 - 1e8 are 38; before -1e8 they are rounded to a multiple of 8.
  constexpr int kStrips = 40;
  for (const std::int64_t memory : {1, 1'000'000}) {
    CellSpool spool(kPlaceOfSpool, 3, {.memory_bytes = memory, .temporary_folder = {}, .threads = 4});
    core::ThreadPool pool(4);
    pool.parallel_for(kStrips, [&](std::int64_t i) {
      const std::int64_t number = kStrips - 1 - i;
      const std::array<std::int32_t, 2> cells{1, 2};
      const std::array<GeneIndex, 2> genes{0, static_cast<GeneIndex>(number)};
      const std::array<float, 2> values{number == 0 ? 1e8F : number == 1 ? -1e8F : 1, 1};
      spool.add_strip({.number = number, .cells = cells, .genes = genes, .values = values});
    });
    const sparse::CsrMatrix got = read_all(*std::move(spool).rows(kStrips), 5);
    EXPECT_EQ(got.row(0).data.size(), 0U);
    ASSERT_EQ(got.row(1).data.size(), 1U);
    EXPECT_EQ(got.row(1).data[0], kStrips - 2);
    EXPECT_EQ(got.row(2).data.size(), static_cast<std::size_t>(kStrips));
  }
}

TEST(CellSpool, NothingAdded) {
  for (const CellIndex n_cells : {0, 3}) {
    const sparse::CsrMatrix got = read_all(*CellSpool(kPlaceOfSpool, n_cells, {}).rows(5), 2);
    EXPECT_EQ(got.n_cells, n_cells);
    EXPECT_EQ(got.nnz(), 0);
  }
}

TEST(CellSpool, CellsAndGenesOutOfRangeAreRefused) {
  for (const CellIndex cell : {CellIndex{-1}, CellIndex{3}, CellIndex{1} << 32}) {
    for (const int threads : {1, 2}) {
      CellSpool spool(kPlaceOfSpool, 3, {.memory_bytes = 1000, .temporary_folder = {}, .threads = threads});
      spool.add(cell, 0, 1);
      SCTAB_EXPECT_THROW_WITH((void)std::move(spool).rows(5), InputError,
                              "cells.test: X: has a value in a row outside");
    }
  }
  CellSpool too_many(kPlaceOfSpool, 3, {}), negative(kPlaceOfSpool, 3, {});
  too_many.add(0, 5, 1);
  SCTAB_EXPECT_THROW_WITH((void)std::move(too_many).rows(5), InputError,
                          "has a value in a column outside of the 5 genes");
  negative.add(0, -1, 1);
  SCTAB_EXPECT_THROW_WITH((void)std::move(negative).rows(5), InputError, "has a value of gene number -1");
  SCTAB_EXPECT_THROW_WITH(CellSpool(kPlaceOfSpool, CellIndex{1} << 31, {}), InputError, "announces 2,147,483,648 cells",
                          "at most 2,147,483,647");
}

TEST(CellSpool, AFailureOfAnotherThreadReachesTheCaller) {
  CellSpool spool(kPlaceOfSpool, 10, {.memory_bytes = 1, .temporary_folder = "/nowhere", .threads = 2});
  const auto add_many = [&] {
    for (int i = 0; i < 10'000; ++i) spool.add(i % 10, i, 1);
  };
  SCTAB_EXPECT_THROW_WITH(add_many(), InputError, "/nowhere", "cannot be written");
}

TEST(CellSpool, MayBeLeftHalfway) {
  CellSpool spool(kPlaceOfSpool, 10, {.memory_bytes = 1, .temporary_folder = {}, .threads = 3});
  for (int i = 0; i < 1'000; ++i) spool.add(i % 10, i, 1);
}

TEST(CellSpool, StopsWhenInterrupted) {
  CellSpool spool(kPlaceOfSpool, 10, {.memory_bytes = 1, .temporary_folder = {}});
  core::set_interrupted(true);
  EXPECT_THROW(
      {
        for (int i = 0; i < 1'000; ++i) spool.add(i % 10, i, 1);
      },
      core::Interrupted);
  core::set_interrupted(false);
}

TEST(ScratchFile, SaysWhetherWritingOrReadingFailed) {
  const sctab::tests::TemporaryFolder folder;
  const ScratchFile file(folder.path());
  std::array<std::byte, 4> bytes{};
  file.write(bytes, 0);
  SCTAB_EXPECT_THROW_WITH(file.read(bytes, 2), InputError, folder.path().c_str(), "cannot be read");
  SCTAB_EXPECT_THROW_WITH(file.write(bytes, -1), InputError, folder.path().c_str(), "cannot be written");
}

}  // namespace
}  // namespace sctab::rows
