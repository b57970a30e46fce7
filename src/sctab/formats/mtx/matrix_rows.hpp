#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/mtx/entry_cursor.hpp"
#include "sctab/formats/mtx/part.hpp"

namespace sctab::mtx {

using core::CellIndex;
using core::GeneIndex;

/// How a matrix becomes cells × genes.
struct MatrixPlan {
  Part part;
  bool cells_first = false;  // rows are cells
  CellIndex n_cells = 0;
  std::vector<GeneIndex> gene_of_feature;  // the column that a feature becomes; -1: left out
  GeneIndex n_genes = 0;

  [[nodiscard]] CellIndex cell(const Entry& entry) const { return cells_first ? entry.row : entry.column; }
  [[nodiscard]] GeneIndex gene(const Entry& entry) const {
    return gene_of_feature[static_cast<std::size_t>(cells_first ? entry.column : entry.row)];
  }
};

/// The cells of a matrix whose entries are in the order of its cells, as 10x writes them, in one pass and without a
/// temporary file. Throws InputError naming the line where they are not.
std::unique_ptr<formats::RowReader> make_sorted_rows(const MatrixPlan& plan);

/// The cells of a matrix with its entries in any order, through a temporary file of 12 bytes an entry (in memory where
/// that suffices). options: as for CellSource::read_rows().
std::unique_ptr<formats::RowReader> make_spooled_rows(const MatrixPlan& plan, const formats::ReadOptions& options);

/// Sorts each cell's genes and sums repeats where there is need.
void tidy(sparse::CsrMatrix& cells);

}  // namespace sctab::mtx
