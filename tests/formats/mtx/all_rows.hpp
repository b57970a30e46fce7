#pragma once

#include "sctab/formats/cell_source.hpp"

namespace sctab::mtx {

/// All cells of a source's only matrix, read in blocks of `max_cells`.
inline sparse::CsrMatrix all_rows(const formats::CellSource& source, core::CellIndex max_cells = 7,
                                  const formats::ReadOptions& options = {}) {
  const formats::CountsSource counts = source.find_counts(formats::InputKind::kCounts, "");
  const auto reader = source.read_rows(counts.matrix_path, options);
  sparse::CsrMatrix all, block;
  all.clear(counts.n_genes);
  while (reader->next(max_cells, block)) {
    for (core::CellIndex cell = 0; cell < block.n_cells; ++cell) {
      const auto row = block.row(cell);
      all.append_row(row.indices, row.data);
    }
  }
  return all;
}

/// For EXPECT_TRUE.
inline bool same_cells(const sparse::CsrMatrix& a, const sparse::CsrMatrix& b) {
  return a.n_cells == b.n_cells && a.n_genes == b.n_genes && a.indptr == b.indptr && a.indices == b.indices &&
         a.data == b.data;
}

}  // namespace sctab::mtx
