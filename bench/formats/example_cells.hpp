#pragma once

#include <cmath>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::formats::bench {

/// Files of the formats hold these cells over and over again.
inline constexpr core::CellIndex kCells = 16'384, kCellsInMemory = 1'024;
inline constexpr core::GeneIndex kGenes = 20'000;

/// kCellsInMemory cells of some 2,000 genes each, half of their counts 1, as 10x data have it.
inline const sparse::CsrMatrix& example_cells() {
  static const sparse::CsrMatrix cells = [] {
    core::Rng rng(1);
    sparse::CsrMatrix made;
    made.n_genes = kGenes;
    std::vector<core::GeneIndex> genes;
    std::vector<float> counts;
    for (core::CellIndex cell = 0; cell < kCellsInMemory; ++cell) {
      genes.clear();
      counts.clear();
      for (core::GeneIndex gene = 0; gene < kGenes; ++gene) {
        if (rng.uniform() > 0.1) continue;
        genes.push_back(gene);
        counts.push_back(static_cast<float>(1 + static_cast<int>(-1.5 * std::log(1 - rng.uniform()))));
      }
      made.append_row(genes, counts);
    }
    return made;
  }();
  return cells;
}

}  // namespace sctab::formats::bench
