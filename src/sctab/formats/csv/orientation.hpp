#pragma once

#include <string>

#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/csv/table_rows.hpp"

namespace sctab::csv {

struct FoundOrientation {
  bool genes_by_cells = false;  // a line is a gene
  std::string reason;           // "its columns are named like genes"
};

/// Whether a line of the table is a cell or a gene: as `given` says, or else by the first of these that tells: which of
/// rows and columns have the names of genes, which those of cells, what the titles say. Throws InputError where none
/// does.
FoundOrientation find_orientation(const Table& table, formats::Orientation given);

}  // namespace sctab::csv
