#pragma once

#include <cmath>

#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::tests {

/// Counts (n_cells × n_genes): each entry is non-zero with probability `density`, then 1 + a geometric count.
inline sparse::CsrMatrix random_counts(core::Rng& rng, core::CellIndex n_cells, core::GeneIndex n_genes,
                                       double density) {
  sparse::CsrMatrix out;
  out.clear(n_genes);
  for (core::CellIndex cell = 0; cell < n_cells; ++cell) {
    for (core::GeneIndex gene = 0; gene < n_genes; ++gene) {
      if (rng.uniform() >= density) continue;
      out.indices.push_back(gene);
      out.data.push_back(static_cast<float>(1 + std::floor(-2 * std::log(1 - rng.uniform()))));
    }
    out.indptr.push_back(static_cast<std::int64_t>(out.indices.size()));
  }
  out.n_cells = n_cells;
  return out;
}

}  // namespace sctab::tests
