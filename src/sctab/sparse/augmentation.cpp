#include "sctab/sparse/augmentation.hpp"

#include <algorithm>

namespace sctab::sparse {
namespace {

void append_clamped(CsrMatrix& out, GeneIndex gene, float value) {
  const float clamped = std::clamp(value, kAugmentedMin, kAugmentedMax);
  if (clamped == 0.0F) return;
  out.indices.push_back(gene);
  out.data.push_back(clamped);
}

// Both rows ascend by gene: one merge.
void append_sum(CsrMatrix& out, RowView cell, RowView vector, float sign) {
  std::size_t c = 0;
  std::size_t v = 0;
  while (c < cell.indices.size() || v < vector.indices.size()) {
    const bool cell_first =
        v == vector.indices.size() || (c < cell.indices.size() && cell.indices[c] < vector.indices[v]);
    const bool vector_first =
        c == cell.indices.size() || (v < vector.indices.size() && vector.indices[v] < cell.indices[c]);
    const float value = (vector_first ? 0.0F : cell.data[c]) + (cell_first ? 0.0F : sign * vector.data[v]);
    append_clamped(out, cell_first || !vector_first ? cell.indices[c] : vector.indices[v], value);
    c += vector_first ? 0 : 1;
    v += cell_first ? 0 : 1;
  }
}

}  // namespace

CsrMatrix augment(CsrView log_norm, CsrView vectors, std::span<const std::int64_t> vector_index,
                  std::span<const float> sign) {
  SCTAB_ASSERT(log_norm.n_genes == vectors.n_genes);
  SCTAB_ASSERT(std::ssize(vector_index) == log_norm.n_cells && std::ssize(sign) == log_norm.n_cells);
  CsrMatrix out;
  out.clear(log_norm.n_genes);
  for (CellIndex cell = 0; cell < log_norm.n_cells; ++cell) {
    const auto at = static_cast<std::size_t>(cell);
    SCTAB_ASSERT(vector_index[at] >= 0 && vector_index[at] < vectors.n_cells);
    append_sum(out, log_norm.row(cell), vectors.row(vector_index[at]), sign[at]);
    out.indptr.push_back(static_cast<std::int64_t>(out.indices.size()));
  }
  out.n_cells = log_norm.n_cells;
  return out;
}

}  // namespace sctab::sparse
