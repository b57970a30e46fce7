#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "sctab/kernels/augment.hpp"

namespace sctab::tests::reference {

/// kernels::augment() as a plain merge of two sorted rows per cell, which the kernel must equal to the bit.
inline sparse::CsrMatrix augment(sparse::CsrView log_norm, const kernels::Augmentation& by) {
  sparse::CsrMatrix out;
  out.clear(log_norm.n_genes);
  for (sparse::CellIndex i = 0; i < log_norm.n_cells; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const sparse::RowView cell = log_norm.row(i), vector = by.vectors.row(by.vector_index[at]);
    std::size_t c = 0, v = 0;
    while (c < cell.indices.size() || v < vector.indices.size()) {
      const bool has_cell =
          v == vector.indices.size() || (c < cell.indices.size() && cell.indices[c] <= vector.indices[v]);
      const bool has_vector =
          c == cell.indices.size() || (v < vector.indices.size() && vector.indices[v] <= cell.indices[c]);
      const sparse::GeneIndex gene = has_cell ? cell.indices[c] : vector.indices[v];
      const float sum = (has_cell ? cell.data[c++] : 0.0F) + (has_vector ? by.sign[at] * vector.data[v++] : 0.0F);
      const float value = std::clamp(sum, kernels::kAugmentedMin, kernels::kAugmentedMax);
      if (value == 0) continue;
      out.indices.push_back(gene);
      out.data.push_back(value);
    }
    out.indptr.push_back(std::ssize(out.indices));
  }
  out.n_cells = log_norm.n_cells;
  return out;
}

}  // namespace sctab::tests::reference
