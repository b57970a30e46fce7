#pragma once

#include "sctab/nn/gene_linear.hpp"
#include "sctab/nn/network.hpp"

namespace sctab::nn {

/// Multinomial logistic regression.
class Linear final : public Network {
 public:
  Linear(std::int64_t n_genes, std::int64_t n_types, std::uint64_t seed)
      : Network(seed), layer_(root_, n_genes, n_types) {}

 private:
  NetworkOutput run(const at::Tensor& x, const LayerPass& pass, Explanation* explanation) override;
  NetworkOutput run(sparse::CsrView x, const LayerPass& pass, Explanation* explanation) override;
  void prepare(std::optional<kernels::Precision> precision) override { layer_.prepare(precision); }

  GeneLinear layer_;
};

}  // namespace sctab::nn
