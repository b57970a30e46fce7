#include "sctab/nn/sparse_genes.hpp"

#include <ATen/ATen.h>

#include <utility>

namespace sctab::nn {
namespace {

/// x needs no gradient, so none flows through its statistics.
FoldedNorm fold(const sparse::CsrView& x, BatchNorm& bn, const LayerPass& pass) {
  const NormStatistics used = bn.statistics(x.n_cells, pass, [&](auto /*starts*/, auto mean, auto variance) {
    pass.kernels->column_moments(x, mean, variance);
  });
  return bn.folded(used.mean[0], used.variance[0]);
}

}  // namespace

SparseGenes::Layer::Layer(const Norm& norm, const at::Tensor& weight)
    : norm_(norm), weight_(weight.detach().t()), shared_weight_(weight) {}

kernels::GeneLayer SparseGenes::Layer::view() const {
  return {values(norm_.scale), values(norm_.shift), values(weight_), width()};
}

kernels::GeneLayerGradient SparseGenes::Layer::gradient() const {
  return {values(norm_.shared_scale.gradient()), values(norm_.shared_shift.gradient()),
          values(shared_weight_.gradient().t())};
}

std::vector<at::Tensor> SparseGenes::Layer::tokens() const {
  return {norm_.shared_scale.token(), norm_.shared_shift.token(), shared_weight_.token()};
}

std::vector<at::Tensor> SparseGenes::Layer::spent() {
  return std::vector<at::Tensor>(3, SharedInput::spent());
}

SparseGenes::SparseGenes(sparse::CsrView x, sparse::CsrMatrix& by_gene, BatchNorm& initial_bn, const LayerPass& pass)
    : x_(x), by_gene_(&by_gene), pass_(pass), norm_([&] {
        const FoldedNorm folded = fold(x, initial_bn, pass);
        return Layer::Norm{folded.scale.detach(), folded.shift.detach(), SharedInput(folded.scale),
                           SharedInput(folded.shift)};
      }()) {}

const SparseGenes::Layer& SparseGenes::layer_of(const at::Tensor& weight) {
  for (const auto& [known, layer] : layers_) {
    if (known.is_same(weight)) return layer;
  }
  return layers_.emplace_back(weight, Layer(norm_, weight)).second;
}

at::Tensor SparseGenes::project(const at::Tensor& weight) {
  const Layer& layer = layer_of(weight);
  at::Tensor out = at::empty({x_.n_cells, layer.width()});
  pass_.kernels->gene_projection(x_, layer.view(), values(out));
  return differentiable(
      out, layer.tokens(), [layer, x = x_, by_gene = by_gene_, &kernels = *pass_.kernels](const at::Tensor& dout) {
        kernels.csr_transpose(x, *by_gene);
        kernels.gene_projection_backward(by_gene->view(), layer.view(), values(dout), layer.gradient());
        return layer.spent();
      });
}

at::Tensor SparseGenes::project(const at::Tensor& weight, const GeneMask& mask) {
  const Layer& layer = layer_of(weight);
  at::Tensor out = at::empty({x_.n_cells, layer.width()});
  pass_.kernels->masked_gene_projection(x_, mask.view(), layer.view(), values(out));
  std::vector<at::Tensor> inputs = layer.tokens();
  inputs.push_back(mask.weights);
  return differentiable(out, inputs,
                        [layer, x = x_, matrix = mask.matrix, &kernels = *pass_.kernels](const at::Tensor& dout) {
                          at::Tensor dmask = at::zeros({matrix->nnz()});
                          kernels.masked_gene_projection_backward(x, matrix->view(), layer.view(), values(dout),
                                                                  layer.gradient(), values(dmask));
                          std::vector<at::Tensor> gradients = layer.spent();
                          gradients.push_back(dmask);
                          return gradients;
                        });
}

}  // namespace sctab::nn
