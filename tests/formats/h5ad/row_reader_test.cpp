#include <gtest/gtest.h>

#include <functional>

#include "formats/h5ad/example_cells.hpp"
#include "formats/h5ad/example_files.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/formats/h5ad/writer.hpp"

namespace sctab::h5ad {
namespace {

using namespace tests;
using Layout = MatrixInfo::Layout;

constexpr int kFilesWithCounts = 53;  // examples whose X holds the counts

Layout layout_of(const std::string& name) {
  if (name.starts_with("csr")) return Layout::kCsr;
  return name.starts_with("csc") ? Layout::kCsc : Layout::kDense;
}

/// Calls `check(name, file)` for every example whose X holds the counts.
void for_each_form(const std::function<void(const std::string&, const File&)>& check) {
  int n_files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(example_folder())) {
    const std::string name = entry.path().stem();
    if (!name.starts_with("cs") && !name.starts_with("dense")) continue;
    SCOPED_TRACE(name);
    check(name, File(entry.path()));
    ++n_files;
  }
  EXPECT_EQ(n_files, kFilesWithCounts);
}

TEST(RowReader, EveryStoredFormGivesTheSameCounts) {
  SCTAB_NEED_PYTHON_ANNDATA();
  for_each_form([](const std::string& name, const File& file) {
    const MatrixInfo info = file.matrix("X");
    EXPECT_EQ(info.layout, layout_of(name));
    EXPECT_EQ(info.n_cells, kCells);
    EXPECT_EQ(info.n_genes, kGenes);
    for (const CellIndex block_cells : {1, 30, 1000}) expect_same(read_all(file, "X", block_cells), example_counts());
  });
}

TEST(RowReader, LittleMemoryChangesNothing) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const sctab::tests::TemporaryFolder scratch;
  for (const char* name : {"csc-f4", "csc-lzf", "dense-f4", "dense-tall-chunks", "dense-one-chunk"}) {
    SCOPED_TRACE(name);
    const File file(example_file(name));
    // One value, one cell, a few cells, all of them at a time.
    for (const std::int64_t memory : {1, 500, 5'000, 100'000}) {
      expect_same(read_all(file, "X", 30, {.memory_bytes = memory, .temporary_folder = scratch.path()}),
                  example_counts());
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

/// All rows by `threads`, each at its own pace.
sparse::CsrMatrix read_all_at_once(const File& file, CellIndex block_cells, int threads, const ReadOptions& options) {
  const auto rows = file.read_rows("X", options);
  std::vector<RowReader::Work> claims;
  for (auto work = rows->claim(block_cells); work; work = rows->claim(block_cells)) claims.push_back(std::move(work));
  std::vector<sparse::CsrMatrix> blocks(claims.size());
  core::ThreadPool pool(threads);
  // Backwards: the last claimed is done first.
  pool.parallel_for(static_cast<std::int64_t>(claims.size()), [&](std::int64_t i) {
    const std::size_t at = claims.size() - 1 - static_cast<std::size_t>(i);
    claims[at](blocks[at]);
  });
  sparse::CsrMatrix all;
  all.clear(kGenes);
  for (const auto& block : blocks) {
    for (CellIndex cell = 0; cell < block.n_cells; ++cell) {
      all.append_row(block.row(cell).indices, block.row(cell).data);
    }
  }
  return all;
}

TEST(RowReader, ClaimsMayBeWorkedOnInAnyOrderByAnyThread) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const sctab::tests::TemporaryFolder scratch;
  for_each_form([&](const std::string&, const File& file) {
    for (const CellIndex block_cells : {1, 7, 137}) {
      for (const std::int64_t memory : {500, 1'000'000}) {
        const ReadOptions options{.memory_bytes = memory, .temporary_folder = scratch.path(), .threads = 3};
        expect_same(read_all_at_once(file, block_cells, 4, options), example_counts());
      }
    }
  });
}

TEST(RowReader, TheScratchFolderMustBeThere) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const File file(example_file("csc-f4"));
  SCTAB_EXPECT_THROW_WITH(read_all(file, "X", 30, {.memory_bytes = 1, .temporary_folder = "/nowhere"}),
                          core::InputError, "/nowhere", "No such file");
}

TEST(RowReader, OutlivesItsFile) {
  SCTAB_NEED_PYTHON_ANNDATA();
  std::unique_ptr<RowReader> rows;
  {
    const File file(example_file("csr-gzip"));
    rows = file.read_rows("X");
  }
  sparse::CsrMatrix block;
  ASSERT_TRUE(rows->next(kCells, block));
  expect_same(block, example_counts());
}

TEST(RowReader, TwoAtOnceDoNotDisturbEachOther) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const File file(example_file("csr-gzip"));
  const auto first = file.read_rows("X");
  const auto second = file.read_rows("X");
  sparse::CsrMatrix a, b;
  while (first->next(10, a)) {
    ASSERT_TRUE(second->next(10, b));
    expect_same(a, b);
  }
}

TEST(RowReader, StopsWhenInterrupted) {
  SCTAB_NEED_PYTHON_ANNDATA();
  for (const char* name : {"csr-f4", "csc-f4", "dense-f4"}) {
    const File file(example_file(name));
    const auto rows = file.read_rows("X");
    core::set_interrupted(true);
    sparse::CsrMatrix block;
    EXPECT_THROW(rows->next(10, block), core::Interrupted) << name;
    core::set_interrupted(false);
  }
}

TEST(RowReader, RawAndLayers) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const File raw(example_file("raw"));
  EXPECT_EQ(raw.matrix("X").n_genes, 20);
  expect_same(read_all(raw, "raw/X"), example_counts());
  const File layers(example_file("layers"));
  expect_same(read_all(layers, "layers/counts"), example_counts());
  expect_same(read_all(layers, "layers/dense"), example_counts());
}

}  // namespace
}  // namespace sctab::h5ad
