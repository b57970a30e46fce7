#pragma once

#include <cstdint>
#include <span>

#include "sctab/sparse/csr.hpp"

namespace sctab::kernels {

/// What cells are moved by: the between-donor difference vectors, and for each cell which one and which way.
struct Augmentation {
  sparse::CsrView vectors;                     // n_vectors × n_genes, sparse
  std::span<const std::int64_t> vector_index;  // one a cell
  std::span<const float> sign;                 // one a cell, +1 or -1
};

/// As sparse::augment(), to the bit: log_norm + sign · vector, clamped to [0, 9], zeros not stored. log_norm: (n_cells
/// × n_genes). Reuses the memory of `out`, which is best kept from batch to batch.
void augment(sparse::CsrView log_norm, const Augmentation& augmentation, sparse::CsrMatrix& out);

}  // namespace sctab::kernels
