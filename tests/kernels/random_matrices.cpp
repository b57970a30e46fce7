#include "kernels/random_matrices.hpp"

namespace sctab::tests {

std::vector<float> random_normal(core::Rng& rng, std::int64_t n, double scale) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& value : values) value = static_cast<float>(scale * rng.normal());
  return values;
}

std::vector<float> random_uniform(core::Rng& rng, std::int64_t n, double low, double high) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& value : values) value = static_cast<float>(low + (high - low) * rng.uniform());
  return values;
}

sparse::CsrMatrix random_cells(core::Rng& rng, std::int64_t n_cells, std::int64_t n_genes, double density) {
  sparse::CsrMatrix x;
  x.clear(static_cast<sparse::GeneIndex>(n_genes));
  for (std::int64_t cell = 0; cell < n_cells; ++cell) {
    std::vector<sparse::GeneIndex> genes;
    std::vector<float> values;
    for (sparse::GeneIndex gene = 0; gene < x.n_genes && cell % 7 != 6; ++gene) {
      if (rng.uniform() >= density) continue;
      genes.push_back(gene);
      values.push_back(static_cast<float>(4 * (1 - rng.uniform())));
    }
    x.append_row(genes, values);
  }
  return x;
}

sparse::CsrMatrix random_mask(core::Rng& rng, std::int64_t n_cells, std::int64_t n_genes, double density) {
  sparse::CsrMatrix mask;
  mask.clear(static_cast<sparse::GeneIndex>(n_genes));
  for (std::int64_t cell = 0; cell < n_cells; ++cell) {
    std::vector<sparse::GeneIndex> genes;
    std::vector<float> values;
    const auto certain = static_cast<sparse::GeneIndex>(rng.below(static_cast<std::uint64_t>(n_genes)));
    float sum = 0;
    for (sparse::GeneIndex gene = 0; gene < mask.n_genes; ++gene) {
      if (gene != certain && rng.uniform() >= density) continue;
      genes.push_back(gene);
      values.push_back(static_cast<float>(1 - rng.uniform()));
      sum += values.back();
    }
    for (float& value : values) value /= sum;
    mask.append_row(genes, values);
  }
  return mask;
}

}  // namespace sctab::tests
