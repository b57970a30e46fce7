#pragma once

#include <vector>

#include "sctab/kernels/gene_layer.hpp"
#include "sctab/kernels/half_matrix.hpp"

namespace sctab::kernels {

/// A GeneLayer made ready once for many batches of inference: weights at half precision, and what every cell gets of
/// the shifts already projected. Sums stay in float32.
struct HalfGeneLayer {
  HalfMatrix weights;               // n_genes × width
  std::vector<float> scale, shift;  // n_genes; the layer's, times the weights' row scales
  std::vector<float> constant;      // width; shift · weights, of the weights as they were

  explicit HalfGeneLayer(const GeneLayer& layer);
};

/// As those over a GeneLayer, within what rounding the weights to 11 bits of mantissa costs.
void gene_projection_half(sparse::CsrView x, const HalfGeneLayer& layer, std::span<float> out);
void masked_gene_projection_half(sparse::CsrView x, sparse::CsrView mask, const HalfGeneLayer& layer,
                                 std::span<float> out);

}  // namespace sctab::kernels
