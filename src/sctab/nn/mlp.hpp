#pragma once

#include <vector>

#include "sctab/nn/batch_norm.hpp"
#include "sctab/nn/network.hpp"

namespace sctab::nn {

/// The paper's baseline: hidden layers of linear, batch norm, SiLU and dropout, then a linear layer.
class Mlp final : public Network {
 public:
  Mlp(std::int64_t n_genes, std::int64_t n_types, const MlpOptions& options, std::uint64_t seed);

 private:
  struct HiddenLayer {
    LinearLayer linear;
    BatchNorm bn;
  };
  NetworkOutput run(const at::Tensor& x, const LayerPass& pass, Explanation* explanation) override;

  double dropout_rate_;
  std::vector<HiddenLayer> hidden_;
  LinearLayer output_;
};

}  // namespace sctab::nn
