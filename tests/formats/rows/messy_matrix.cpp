#include "formats/rows/messy_matrix.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/arrays/memory_array.hpp"

namespace sctab::rows::tests {
namespace {

/// Offsets of rows, of values that are sorted by row.
std::vector<std::int64_t> offsets(const std::vector<std::int64_t>& rows, std::int64_t n_rows) {
  std::vector<std::int64_t> begins(static_cast<std::size_t>(n_rows) + 1);
  for (const std::int64_t row : rows) ++begins[static_cast<std::size_t>(row) + 1];
  for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
  return begins;
}

SparseArrays arrays_of(const MessyMatrix& matrix, bool by_cell) {
  const auto row_of = [by_cell](const Triplet& t) { return by_cell ? t.cell : CellIndex{t.gene}; };
  std::vector<Triplet> values = matrix.values;
  std::ranges::stable_sort(values, {}, row_of);
  std::vector<std::int64_t> rows;
  std::vector<std::int32_t> indices;
  std::vector<float> data;
  for (const Triplet& t : values) {
    rows.push_back(row_of(t));
    indices.push_back(by_cell ? t.gene : static_cast<std::int32_t>(t.cell));
    data.push_back(t.value);
  }
  SparseArrays arrays;
  arrays.where = {.file = "cells.test", .matrix = "X"};
  arrays.n_cells = matrix.n_cells;
  arrays.n_genes = matrix.n_genes;
  arrays.nnz = std::ssize(data);
  arrays.indptr = std::make_unique<arrays::MemoryArray>(offsets(rows, by_cell ? matrix.n_cells : matrix.n_genes));
  arrays.indices = std::make_unique<arrays::MemoryArray>(indices);
  arrays.data = std::make_unique<arrays::MemoryArray>(data);
  return arrays;
}

void append_rows(const sparse::CsrMatrix& block, sparse::CsrMatrix& all) {
  all.n_genes = block.n_genes;
  for (CellIndex cell = 0; cell < block.n_cells; ++cell) {
    all.append_row(block.row(cell).indices, block.row(cell).data);
  }
}

}  // namespace

MessyMatrix messy_matrix(core::Rng& rng, CellIndex n_cells, GeneIndex n_genes, double density) {
  MessyMatrix matrix{.n_cells = n_cells, .n_genes = n_genes, .values = {}};
  if (n_cells == 0 || n_genes == 0) return matrix;
  matrix.values.push_back({0, 0, 1});  // rows in front of the first value that has repeats look like a hole
  const auto n = static_cast<std::size_t>(density * static_cast<double>(n_cells) * static_cast<double>(n_genes));
  while (matrix.values.size() < n) {
    const auto cell = static_cast<CellIndex>(rng.below(static_cast<std::uint64_t>(n_cells)));
    const auto gene = static_cast<GeneIndex>(rng.below(static_cast<std::uint64_t>(n_genes)));
    if (cell % 7 == 5 || gene % 11 == 3) continue;
    matrix.values.push_back({cell, gene, static_cast<float>(rng.below(9)) - 2});
    if (rng.uniform() < 0.05) matrix.values.push_back({cell, gene, -matrix.values.back().value});
  }
  return matrix;
}

sparse::CsrMatrix sums(const MessyMatrix& matrix) {
  std::map<std::pair<CellIndex, GeneIndex>, float> values;
  for (const Triplet& t : matrix.values) values[{t.cell, t.gene}] += t.value;
  sparse::CsrMatrix rows;
  rows.clear(matrix.n_genes);
  auto next = values.begin();
  for (CellIndex cell = 0; cell < matrix.n_cells; ++cell) {
    std::vector<GeneIndex> genes;
    std::vector<float> data;
    for (; next != values.end() && next->first.first == cell; ++next) {
      if (next->second == 0) continue;
      genes.push_back(next->first.second);
      data.push_back(next->second);
    }
    rows.append_row(genes, data);
  }
  return rows;
}

SparseArrays csr_arrays(const MessyMatrix& matrix) {
  return arrays_of(matrix, true);
}

SparseArrays csc_arrays(const MessyMatrix& matrix) {
  return arrays_of(matrix, false);
}

sparse::CsrMatrix read_all(formats::RowReader& rows, CellIndex block_cells) {
  sparse::CsrMatrix all, block;
  bool ended = false;
  while (rows.next(block_cells, block)) {
    EXPECT_FALSE(ended) << "a short block before the end";
    ended = block.n_cells < block_cells;
    EXPECT_EQ(block.indptr.size(), static_cast<std::size_t>(block.n_cells) + 1);
    EXPECT_EQ(block.data.size(), block.indices.size());
    append_rows(block, all);
  }
  EXPECT_FALSE(rows.next(block_cells, block)) << "rows after the end";
  return all;
}

sparse::CsrMatrix read_backwards(formats::RowReader& rows, CellIndex block_cells, int threads) {
  std::vector<formats::RowReader::Work> claims;
  for (auto work = rows.claim(block_cells); work; work = rows.claim(block_cells)) claims.push_back(std::move(work));
  std::vector<sparse::CsrMatrix> blocks(claims.size());
  core::ThreadPool pool(threads);
  pool.parallel_for(std::ssize(claims), [&](std::int64_t i) {
    const std::size_t at = claims.size() - 1 - static_cast<std::size_t>(i);
    claims[at](blocks[at]);
  });
  sparse::CsrMatrix all;
  for (const sparse::CsrMatrix& block : blocks) append_rows(block, all);
  return all;
}

void expect_same(const sparse::CsrMatrix& got, const sparse::CsrMatrix& want) {
  EXPECT_EQ(got.n_cells, want.n_cells);
  EXPECT_EQ(got.n_genes, want.n_cells > 0 ? want.n_genes : 0);  // no block says it
  EXPECT_EQ(got.indptr, want.indptr);
  EXPECT_EQ(got.indices, want.indices);
  EXPECT_EQ(got.data, want.data);
}

}  // namespace sctab::rows::tests
