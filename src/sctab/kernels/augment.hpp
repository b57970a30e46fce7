#pragma once

#include <cstdint>
#include <span>

#include "sctab/sparse/csr.hpp"

namespace sctab::kernels {

/// Augmented cells are clamped to this range of log-normalised values, as in the paper.
inline constexpr float kAugmentedMin = 0.0F, kAugmentedMax = 9.0F;

/// What to add to cells: between-donor difference vectors, and for each cell which one and its sign.
struct Augmentation {
  sparse::CsrView vectors;                     // n_vectors × n_genes, sparse
  std::span<const std::int64_t> vector_index;  // one per cell
  std::span<const float> sign;                 // one per cell, +1 or -1
};

/// out = log_norm + sign · vector, clamped to [0, 9], zeros not stored. log_norm: (n_cells × n_genes). Reuses the
/// memory of `out`, which is best kept from batch to batch. The same bits for any number of threads.
void augment(sparse::CsrView log_norm, const Augmentation& augmentation, sparse::CsrMatrix& out);

}  // namespace sctab::kernels
