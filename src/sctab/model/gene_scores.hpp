#pragma once

#include <span>

#include "sctab/sparse/csr.hpp"

namespace sctab::model {

// centroid and celltypist score types by the genes alone: arrays "weight" (n_genes × n_types), "bias" and
// "cells_per_type", and for celltypist "factor" (n_genes).

/// Cells as CellTypist's classifier sees them: each gene times its factor (0: not used), at most 10. log_norm: (n ×
/// n_genes). out: overwritten.
void scale_cells(sparse::CsrView log_norm, std::span<const float> factor, sparse::CsrMatrix& out);

}  // namespace sctab::model
