#include "sctab/nn/glu_layer.hpp"

#include <ATen/ATen.h>

namespace sctab::nn {

at::Tensor GluLayer::forward(const at::Tensor& x, const LayerPass& pass) {
  return gate(at::linear(x, weight_), pass);
}

at::Tensor GluLayer::gate(const at::Tensor& projected, const LayerPass& pass) {
  return at::glu(bn_.forward(projected, pass), 1);
}

}  // namespace sctab::nn
