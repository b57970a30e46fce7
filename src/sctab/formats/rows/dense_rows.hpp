#pragma once

#include <memory>

#include "sctab/core/error.hpp"
#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/cell_source.hpp"

namespace sctab::rows {

/// Rows of a matrix that holds its zeros too: cells × genes. Threads that work on claims read at the same time. Bands
/// of whole chunks are read where they fit a quarter of the memory given; else the values go through a CellSpool at the
/// first claim, so that no chunk is expanded twice. where: file and matrix, for errors. Throws InputError where there
/// are too many columns.
std::unique_ptr<formats::RowReader> make_dense_rows(std::unique_ptr<arrays::NumberMatrix> matrix,
                                                    const core::Problem& where, const formats::ReadOptions& options);
/// The same for a matrix of genes × cells.
std::unique_ptr<formats::RowReader> make_dense_columns(std::unique_ptr<arrays::NumberMatrix> matrix,
                                                       const core::Problem& where, const formats::ReadOptions& options);

}  // namespace sctab::rows
