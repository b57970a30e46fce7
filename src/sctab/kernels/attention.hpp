#pragma once

#include <cstdint>
#include <span>

#include "sctab/kernels/attention_panels.hpp"
#include "sctab/kernels/batch_norm.hpp"
#include "sctab/kernels/mask.hpp"
#include "sctab/kernels/simplex.hpp"

namespace sctab::kernels {

/// Which genes each cell looks at: entmax-1.5 or sparsemax of norm(activations · weightsᵀ) · prior. The scores are an
/// affine map of the activations within a virtual batch, which is what spares us keeping them.
struct AttentionLayer {
  std::span<const float> activations;  // n_cells × n_a
  std::span<const float> weights;      // n_genes × n_a
  std::int64_t n_a = 0;
  GhostNorm norm;  // of the scores; width n_genes, statistics from score_statistics() or the running ones
  Prior prior;
  Simplex simplex = Simplex::kEntmax15;
  const AttentionPanels* panels = nullptr;  // of the weights; null: attention_mask() makes them for each batch
  std::span<float> condition = {};  // n_cells, where attention_mask() writes each row's simplex_condition(); or empty

  [[nodiscard]] std::int64_t n_cells() const { return norm.n_cells(); }
  [[nodiscard]] std::int64_t n_genes() const { return norm.width(); }
};

/// Mean and biased variance of every gene's score in every virtual batch, from the mean and covariance of the
/// activations. activations: n_cells × n_a; weights: n_genes × n_a; mean, variance: n_batches × n_genes. The
/// variance of a batch of one cell is 0.
void score_statistics(std::span<const float> activations, std::span<const float> weights, std::int64_t n_a,
                      std::span<const std::int64_t> batch_starts, std::span<float> mean, std::span<float> variance);

/// mask: (n_cells × n_genes), the support only, rows on the simplex. A cell with a score that is NaN or +infinity has
/// one entry, NaN.
void attention_mask(const AttentionLayer& layer, sparse::CsrMatrix& mask);

/// Gradients, which are added to what the spans hold.
struct AttentionGradient {
  std::span<float> activations;             // n_cells × n_a
  std::span<float> weights;                 // n_genes × n_a
  std::span<float> norm_weight, norm_bias;  // n_genes
  std::span<float> prior;                   // one a non-zero of prior.used; may be empty
};

/// Through norm with the statistics of the virtual batches (those of one cell: with constants), so for training only.
/// mask: as attention_mask() gave it; dscores: the gradient of what the simplex was given (simplex_backward), one a
/// non-zero.
void attention_backward(const AttentionLayer& layer, sparse::CsrView mask, std::span<const float> dscores,
                        const AttentionGradient& gradient);

}  // namespace sctab::kernels
