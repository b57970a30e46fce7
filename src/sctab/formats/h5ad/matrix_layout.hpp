#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::h5ad {

/// Whether a path of a file holds a matrix in an encoding that we know: csr_matrix, csc_matrix, a dense array.
bool is_matrix(hid_t file, std::string_view path);
/// Shape and layout, from the headers alone. Throws InputError where they contradict each other.
MatrixInfo describe_matrix(hid_t file, std::string_view path);

/// The readers behind File::read_rows. They hold what they need of the file open themselves.
std::unique_ptr<formats::RowReader> make_csr_rows(hid_t file, const MatrixInfo& info);
std::unique_ptr<formats::RowReader> make_csc_rows(hid_t file, const MatrixInfo& info,
                                                  const formats::ReadOptions& options);
std::unique_ptr<formats::RowReader> make_dense_rows(hid_t file, const MatrixInfo& info,
                                                    const formats::ReadOptions& options);

/// Values of neighbouring cells of a dense matrix, row by row.
std::vector<double> read_dense_rows(hid_t file, const MatrixInfo& info, CellIndex begin, CellIndex n_cells);

/// Throws InputError unless indptr ascends from 0 to nnz, and if it `is_last` ends there. first: position of indptr[0]
/// in the file.
void check_indptr(std::span<const std::int64_t> indptr, std::int64_t first, std::int64_t nnz, bool is_last,
                  const core::Problem& where);
/// Throws InputError where the indices of entries [first, …) hold a stretch of zeros as a hole in a file leaves it:
/// over and over the same cell or gene, which would be summed. Repeats are legal, and their sums meant; what is refused
/// is a run that begins behind other entries of its row or goes on into the next. offsets: where rows begin and end.
void refuse_zeroed_indices(std::span<const std::int32_t> indices, std::int64_t first,
                           std::span<const std::int64_t> offsets, const core::Problem& where);
/// Throws InputError where the first row that is not empty, behind n_empty ones that are, holds an index twice: that is
/// what a hole in the offsets makes of the rows in front of it.
void refuse_zeroed_offsets(std::int64_t n_empty, std::vector<std::int32_t> first_row, const core::Problem& where);
/// Drops zeros and, where needed, sorts rows and sums repeats.
void tidy_rows(sparse::CsrMatrix& block);

}  // namespace sctab::h5ad
