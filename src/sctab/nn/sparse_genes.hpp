#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sctab/nn/attentive_transformer.hpp"
#include "sctab/nn/differentiable.hpp"

namespace sctab::nn {

/// The input of one pass of TabNet, and all that has as many columns as genes, over the non-zeros by pass.kernels, with
/// no cells × genes array. The initial batch norm is folded into a scale and a shift of each gene.
class SparseGenes {
 public:
  /// x: (n_cells × n_genes); it and by_gene, working memory for its transpose, must outlive the backward pass.
  SparseGenes(sparse::CsrView x, sparse::CsrMatrix& by_gene, BatchNorm& initial_bn, const LayerPass& pass);

  /// The normalised genes times a first layer's weight, (2 · width) × genes, gene_major(). Returns cells × (2 · width).
  at::Tensor project(const at::Tensor& weight);
  /// The same of the genes seen through a mask.
  at::Tensor project(const at::Tensor& weight, const GeneMask& mask);

 private:
  /// The initial batch norm and one first layer's weight: what the products read, and where their gradients add up.
  class Layer {
   public:
    /// norm: the initial batch norm's scale and shift of each gene.
    struct Norm {
      at::Tensor scale, shift;
      SharedInput shared_scale, shared_shift;
    };
    Layer(const Norm& norm, const at::Tensor& weight);
    [[nodiscard]] std::int64_t width() const { return weight_.size(1); }
    [[nodiscard]] kernels::GeneLayer view() const;
    [[nodiscard]] kernels::GeneLayerGradient gradient() const;
    [[nodiscard]] std::vector<at::Tensor> tokens() const;
    /// The tokens' gradients.
    [[nodiscard]] static std::vector<at::Tensor> spent();

   private:
    Norm norm_;
    at::Tensor weight_;  // genes × width
    SharedInput shared_weight_;
  };
  const Layer& layer_of(const at::Tensor& weight);

  sparse::CsrView x_;
  sparse::CsrMatrix* by_gene_;
  LayerPass pass_;
  Layer::Norm norm_;
  std::vector<std::pair<at::Tensor, Layer>> layers_;  // by weight, which all steps share as a rule
};

}  // namespace sctab::nn
