#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::nn::tests {

/// Standard normal doubles, the same for the same seed.
inline at::Tensor normal_tensor(at::IntArrayRef shape, std::uint64_t seed) {
  at::Tensor tensor = at::empty(shape, at::kDouble);
  core::Rng rng(seed);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<double>()[i] = rng.normal();
  return tensor;
}

/// Cells that look log-normalised: about a third of the genes non-zero, within 0 to 4. Cell 0 is empty.
inline sparse::CsrMatrix random_cells(std::int64_t n_cells, std::int32_t n_genes, std::uint64_t seed) {
  core::Rng rng(seed);
  sparse::CsrMatrix cells;
  cells.clear(n_genes);
  for (std::int64_t cell = 0; cell < n_cells; ++cell) {
    std::vector<std::int32_t> indices;
    std::vector<float> data;
    for (std::int32_t gene = 0; cell > 0 && gene < n_genes; ++gene) {
      if (rng.uniform() > 0.3) continue;
      indices.push_back(gene);
      data.push_back(static_cast<float>(4 * rng.uniform()));
    }
    cells.append_row(indices, data);
  }
  return cells;
}

}  // namespace sctab::nn::tests
