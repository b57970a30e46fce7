#include "sctab/nn/linear.hpp"

#include <ATen/ATen.h>

namespace sctab::nn {
namespace {

NetworkOutput output_of(const at::Tensor& logits) {
  return {logits, at::zeros({}, logits.options()), logits};
}

}  // namespace

NetworkOutput Linear::run(const at::Tensor& x, const LayerPass& pass, Explanation* /*explanation*/) {
  return output_of(layer_.forward(x, pass));
}

NetworkOutput Linear::run(sparse::CsrView x, const LayerPass& pass, Explanation* /*explanation*/) {
  return output_of(layer_.forward(x, pass));
}

}  // namespace sctab::nn
