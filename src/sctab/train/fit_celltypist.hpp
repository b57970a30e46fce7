#pragma once

#include "sctab/train/train_kinds.hpp"

namespace sctab::train {

/// CellTypist's training (1.5) as the paper runs it: feature_selection, use_SGD, mini_batch, batch_number 1500,
/// with_mean False, and CellTypist's defaults for the rest.
struct CelltypistOptions {
  std::int64_t batch_size = 1000, batches_per_epoch = 1500, epochs = 10;
  std::int64_t top_genes = 300;  // of each type, by the size of their weights in a first round; the union is kept
  double alpha = 1e-4;           // L2 penalty
};
Fitted fit_celltypist(const Corpus& corpus, const CelltypistOptions& options = {});

/// Genes with the `top` largest |weight| of some type: one flag a gene. weight: n_genes × n_types; types without
/// training cells have no say. Of equal weights the earlier gene is taken.
std::vector<bool> select_genes(const std::vector<float>& weight, const std::vector<float>& cells_per_type,
                               std::int64_t top);

}  // namespace sctab::train
