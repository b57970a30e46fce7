#include "sctab/nn/dense_genes.hpp"

#include <ATen/ATen.h>

#include "sctab/nn/mask_loss.hpp"

namespace sctab::nn {

DenseGenes::DenseGenes(const at::Tensor& x, BatchNorm& initial_bn, const LayerPass& pass)
    : genes_(initial_bn.forward(x, pass)), pass_(pass) {}

at::Tensor DenseGenes::project(const at::Tensor& weight) const {
  return at::linear(genes_, weight.contiguous());
}

at::Tensor DenseGenes::project(const at::Tensor& weight, const Mask& mask) const {
  return at::linear(mask * genes_, weight.contiguous());
}

at::Tensor DenseGenes::attend(AttentiveTransformer& transformer, const at::Tensor& attention,
                              const Prior& prior) const {
  return transformer.forward(attention, prior, pass_);
}

at::Tensor mask_loss(const at::Tensor& mask, double epsilon, const LayerPass& /*pass*/) {
  return mask_loss(mask, epsilon);
}

at::Tensor advance_prior(const at::Tensor& prior, const at::Tensor& mask, double gamma, const LayerPass& /*pass*/) {
  return prior.defined() ? prior * (gamma - mask) : gamma - mask;
}

}  // namespace sctab::nn
