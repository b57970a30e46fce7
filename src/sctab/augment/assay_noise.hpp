#pragma once

#include <cstdint>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::augment {

struct AssayNoiseOptions {
  double gene_dropout = 0;  // largest share of a cell's genes to lose; each cell draws its own, uniform from 0 to this
  double gene_noise = 0;  // largest standard deviation of genes' log factors; each batch draws its own, uniform from 0
  [[nodiscard]] bool any() const { return gene_dropout > 0 || gene_noise > 0; }
  void validate() const;  // throws InputError naming the option
};

/// Shows the cells of a batch as another assay might have measured them: with fewer genes of each cell, and each gene
/// captured better or worse. The rest is scaled to the cell's total again, as counts are. Networks that train on such
/// cells rely less on what one assay happens to see (domain randomisation, Tobin et al. 2017).
class AssayNoise {
 public:
  AssayNoise(const AssayNoiseOptions& options, std::uint64_t seed);

  /// log_norm: (n_cells × n_genes), log1p of scaled counts. Genes that are zero stay zero. A cell that would lose all
  /// its genes loses none. Depends on options, seed, epoch and batch only, for any number of threads, so a run can
  /// resume anywhere. The result is valid until the next call.
  sparse::CsrView add(sparse::CsrView log_norm, std::int64_t epoch, std::int64_t batch);

 private:
  void draw_factors(sparse::GeneIndex n_genes, const core::Rng& rng);
  std::int64_t add_to_cell(sparse::RowView cell, core::Rng rng, sparse::GeneIndex* genes, float* values) const;

  AssayNoiseOptions options_;
  core::Rng rng_;
  std::vector<float> factors_;  // one per gene, for this batch
  sparse::CsrMatrix noisy_;
};

}  // namespace sctab::augment
