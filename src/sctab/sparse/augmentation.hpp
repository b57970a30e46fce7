#pragma once

#include <cstdint>
#include <span>

#include "sctab/sparse/csr.hpp"

namespace sctab::sparse {

/// The range of log-normalised values that augmented cells are clamped to, as in the paper.
inline constexpr float kAugmentedMin = 0.0F;
inline constexpr float kAugmentedMax = 9.0F;

/// Adds to each cell one between-donor difference vector times its sign, clamped to [0, 9]. Zeros are not stored.
/// log_norm: (n_cells × n_genes); vectors: (n_vectors × n_genes), sparse; vector_index and sign (+1 or -1): one a cell.
CsrMatrix augment(CsrView log_norm, CsrView vectors, std::span<const std::int64_t> vector_index,
                  std::span<const float> sign);

}  // namespace sctab::sparse
