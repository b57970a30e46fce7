#pragma once

#include <vector>

#include "sctab/nn/batch_norm.hpp"
#include "sctab/nn/linear.hpp"
#include "sctab/nn/network.hpp"

namespace sctab::nn {

/// The paper's baseline: hidden layers of linear, batch norm, SiLU and dropout, then a linear layer.
class Mlp final : public Network {
 public:
  Mlp(std::int64_t n_genes, std::int64_t n_types, const model::MlpOptions& options, std::uint64_t seed);

 private:
  struct HiddenLayer {
    LinearLayer linear;
    BatchNorm bn;
  };
  NetworkOutput run(sparse::CsrView x, const LayerPass& pass, Explanation* explanation) override;
  at::Tensor activate(BatchNorm& bn, const at::Tensor& h, const LayerPass& pass);

  double dropout_rate_;
  GeneLinear first_;
  BatchNorm first_bn_;
  std::vector<HiddenLayer> hidden_;  // after the first
  LinearLayer output_;
};

}  // namespace sctab::nn
