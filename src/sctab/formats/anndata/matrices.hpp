#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/cell_source.hpp"

namespace sctab::anndata {

using core::CellIndex;
using core::GeneIndex;

/// One matrix of a file: "X", "raw/X" or "layers/NAME".
struct MatrixInfo {
  std::string path;
  enum class Layout { kCsr, kCsc, kDense } layout = Layout::kCsr;
  CellIndex n_cells = 0;
  GeneIndex n_genes = 0;
  std::int64_t nnz = 0;    // n_cells × n_genes where dense
  std::string array_path;  // where it is: "raw.X" for raw/X of anndata before 0.7
};

/// X, raw/X and the layers, as far as they are there in an encoding that we know: csr_matrix, csc_matrix, a dense
/// array. What anndata writes where there is no X is none. Shapes and layouts are from the headers alone. Throws
/// InputError where those contradict each other.
std::vector<MatrixInfo> find_matrices(const arrays::ArrayGroup& root);

std::unique_ptr<formats::RowReader> read_rows(const arrays::ArrayGroup& root, const MatrixInfo& matrix,
                                              const formats::ReadOptions& options);

/// Shows `look` some of the stored values: those of about n_sampled cells, spread evenly over the cells of a matrix
/// that is dense or CSR, and over the genes where it is CSC.
void sample_values(const arrays::ArrayGroup& root, const MatrixInfo& matrix, CellIndex n_sampled,
                   const std::function<void(std::span<const double>)>& look);

}  // namespace sctab::anndata
