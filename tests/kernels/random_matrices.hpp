#pragma once

#include <cstdint>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::tests {

/// Normal numbers, a multiple of 1.
std::vector<float> random_normal(core::Rng& rng, std::int64_t n, double scale = 1);
/// Uniform in [low, high).
std::vector<float> random_uniform(core::Rng& rng, std::int64_t n, double low, double high);
/// n_cells × n_genes with values in (0, 4]; about `density` of the entries; every seventh cell is empty.
sparse::CsrMatrix random_cells(core::Rng& rng, std::int64_t n_cells, std::int64_t n_genes, double density);
/// As random_cells, with at least one entry in each row, and every row summing to 1.
sparse::CsrMatrix random_mask(core::Rng& rng, std::int64_t n_cells, std::int64_t n_genes, double density);

}  // namespace sctab::tests
