#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/kernels/half_matrix.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::kernels {

/// The first layer of a network over normalised genes: scale_j · x_ij + shift_j, which is how the initial batch norm
/// folds, times weights. Shifts make every gene of every cell non-zero, yet no cells × genes array is ever made.
struct GeneLayer {
  std::span<const float> scale, shift;  // n_genes
  std::span<const float> weights;       // n_genes × width, gene-major
  std::int64_t width = 0;
  std::span<const float> constant = {};  // width; project_shift() of this layer, where many batches share it

  [[nodiscard]] std::int64_t n_genes() const { return std::ssize(scale); }
};

/// What every cell gets, with any genes: shift · weights. gene_projection() computes it for each batch, unless the
/// layer has it; that pays in inference, and most for small batches.
std::vector<float> project_shift(const GeneLayer& layer);

/// Gradients, which are added to what the spans hold.
struct GeneLayerGradient {
  std::span<float> scale, shift;  // n_genes
  std::span<float> weights;       // n_genes × width
};

/// out_i = sum over all genes of (scale_j · x_ij + shift_j) · weights_j. x: (n_cells × n_genes); out: n_cells × width,
/// overwritten.
void gene_projection(sparse::CsrView x, const GeneLayer& layer, std::span<float> out);
/// by_gene: (n_genes × n_cells), csr_transpose() of x, which the caller can make in memory used before; dout: n_cells ×
/// width.
void gene_projection_backward(sparse::CsrView by_gene, const GeneLayer& layer, std::span<const float> dout,
                              const GeneLayerGradient& gradient);

/// out_i = sum over the support of mask_ij · (scale_j · x_ij + shift_j) · weights_j. x, mask: (n_cells × n_genes); out:
/// n_cells × width, overwritten. The mask may look at genes that are zero in x.
void masked_gene_projection(sparse::CsrView x, sparse::CsrView mask, const GeneLayer& layer, std::span<float> out);
/// dout: n_cells × width; dmask: one a non-zero of the mask, added to.
void masked_gene_projection_backward(sparse::CsrView x, sparse::CsrView mask, const GeneLayer& layer,
                                     std::span<const float> dout, const GeneLayerGradient& gradient,
                                     std::span<float> dmask);

/// A GeneLayer made ready once for many batches of inference: weights at half precision, and what every cell gets of
/// the shifts already projected. Sums stay in float32.
struct HalfGeneLayer {
  HalfMatrix weights;               // n_genes × width
  std::vector<float> scale, shift;  // n_genes; the layer's, times the weights' row scales
  std::vector<float> constant;      // width; shift · weights, of the weights as they were

  explicit HalfGeneLayer(const GeneLayer& layer);
};

/// The products above with weights rounded to 11 bits of mantissa.
void gene_projection_half(sparse::CsrView x, const HalfGeneLayer& layer, std::span<float> out);
void masked_gene_projection_half(sparse::CsrView x, sparse::CsrView mask, const HalfGeneLayer& layer,
                                 std::span<float> out);

}  // namespace sctab::kernels
