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

/// The cells of a matrix with its entries in any order, through a rows::CellSpool. options: as for
/// CellSource::read_rows().
std::unique_ptr<formats::RowReader> make_unsorted_rows(const MatrixPlan& plan, const formats::ReadOptions& options);

}  // namespace sctab::mtx
