#pragma once

#include <cstdint>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::augment {

struct AssayNoiseOptions {
  double gene_dropout = 0;  // most of a cell's genes that are lost; each cell's share is uniform from 0 to this
  double gene_noise = 0;  // most standard deviation of the log of genes' factors; each batch's is uniform from 0 to it
  [[nodiscard]] bool any() const { return gene_dropout > 0 || gene_noise > 0; }
  void validate() const;  // throws InputError naming the option
};

/// Shows the cells of a batch as another assay might have: it would have captured fewer genes of a cell, and each gene
/// better or worse than this one does. What is left is scaled to the cell's total again, as counts are. Networks that
/// train on such cells rely less on what one assay happens to see (domain randomisation, Tobin et al. 2017).
class AssayNoise {
 public:
  AssayNoise(const AssayNoiseOptions& options, std::uint64_t seed);

  /// log_norm: (n_cells × n_genes), log1p of scaled counts. Genes that are zero stay zero. A cell that would lose all
  /// its genes loses none. A function of options, seed, epoch and batch, whatever the threads, so that a run can go on
  /// anywhere. The result lies in memory kept for the next batch, and is valid until then.
  sparse::CsrView add(sparse::CsrView log_norm, std::int64_t epoch, std::int64_t batch);

 private:
  void draw_factors(sparse::GeneIndex n_genes, const core::Rng& rng);
  std::int64_t add_to_cell(sparse::RowView cell, core::Rng rng, sparse::GeneIndex* genes, float* values) const;

  AssayNoiseOptions options_;
  core::Rng rng_;
  std::vector<float> factors_;  // of genes, in this batch
  sparse::CsrMatrix noisy_;
};

}  // namespace sctab::augment
