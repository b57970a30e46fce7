#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/core/index.hpp"

namespace sctab::sparse {

using core::CellIndex;
using core::GeneIndex;

/// One cell: genes ascending and distinct, values aligned with them.
struct RowView {
  std::span<const GeneIndex> indices;
  std::span<const float> data;
};

/// cells × genes, row-major, not owned. Within a row the genes ascend and are distinct.
struct CsrView {
  CellIndex n_cells = 0;
  GeneIndex n_genes = 0;
  std::span<const std::int64_t> indptr;  // n_cells + 1 offsets; indptr[0] need not be 0
  std::span<const GeneIndex> indices;
  std::span<const float> data;

  [[nodiscard]] std::int64_t nnz() const {
    return n_cells == 0 ? 0 : indptr[static_cast<std::size_t>(n_cells)] - indptr[0];
  }
  [[nodiscard]] RowView row(CellIndex cell) const {
    const auto begin = static_cast<std::size_t>(indptr[static_cast<std::size_t>(cell)]);
    const auto end = static_cast<std::size_t>(indptr[static_cast<std::size_t>(cell) + 1]);
    return {indices.subspan(begin, end - begin), data.subspan(begin, end - begin)};
  }
};

/// cells × genes, row-major, owned. An empty matrix has indptr {0}.
struct CsrMatrix {
  CellIndex n_cells = 0;
  GeneIndex n_genes = 0;
  std::vector<std::int64_t> indptr{0};
  std::vector<GeneIndex> indices;
  std::vector<float> data;

  [[nodiscard]] std::int64_t nnz() const { return indptr.back(); }
  [[nodiscard]] CsrView view() const { return {n_cells, n_genes, indptr, indices, data}; }
  [[nodiscard]] RowView row(CellIndex cell) const { return view().row(cell); }
  /// Appends one cell; the row must be sorted and within n_genes.
  void append_row(std::span<const GeneIndex> row_indices, std::span<const float> row_data);
  /// No cells, this many genes; keeps the memory for reuse.
  void clear(GeneIndex genes);
};

/// Whether each is greater than the one before it.
[[nodiscard]] bool strictly_ascending(std::span<const GeneIndex> genes);

/// Sorts every row by gene and sums entries of the same gene; sources need not do either.
void sort_and_sum(CsrMatrix& matrix);

/// Writes the view into a dense row-major array of n_cells × n_genes, which is zeroed first.
void to_dense(CsrView view, std::span<float> dense);

}  // namespace sctab::sparse
