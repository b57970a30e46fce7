#include "sctab/nn/gene_projection.hpp"

#include <ATen/ATen.h>

namespace sctab::nn {

at::Tensor gene_projection(const at::Tensor& x, const at::Tensor& weight) {
  return at::linear(x, weight);
}

at::Tensor masked_gene_projection(const at::Tensor& x, const at::Tensor& mask, const at::Tensor& weight) {
  return at::linear(mask * x, weight);
}

}  // namespace sctab::nn
