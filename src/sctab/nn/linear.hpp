#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "sctab/nn/network.hpp"

namespace sctab::nn {

/// x · weightᵀ (+ bias, where it is defined), for the layers after the first. x: cells × n_in; weight: n_out × n_in;
/// bias: n_out. Returns cells × n_out. The same bits for any number of threads.
at::Tensor linear_map(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const LayerPass& pass);

/// A linear layer with bias, initialised as torch does: "weight" (n_out × n_in) and "bias".
struct LinearLayer {
  LinearLayer(const LayerScope& scope, std::int64_t n_in, std::int64_t n_out);
  /// x: cells × n_in. Returns cells × n_out.
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const LayerPass& pass) const {
    return linear_map(x, weight, bias, pass);
  }

  at::Tensor weight, bias;
};

/// A linear layer of the genes with bias, initialised as torch does: "weight" (n_out × n_genes) and "bias".
class GeneLinear {
 public:
  GeneLinear(const LayerScope& scope, std::int64_t n_genes, std::int64_t n_out);
  /// x: (n_cells × n_genes), which must outlive the backward pass. Returns cells × n_out.
  [[nodiscard]] at::Tensor forward(sparse::CsrView x, const LayerPass& pass) const;

 private:
  at::Tensor weight_;  // gene_major()
  at::Tensor bias_;
};

/// Multinomial logistic regression.
class Linear final : public Network {
 public:
  Linear(std::int64_t n_genes, std::int64_t n_types, std::uint64_t seed)
      : Network(seed), layer_(root_, n_genes, n_types) {}

 private:
  NetworkOutput run(sparse::CsrView x, const LayerPass& pass, Explanation* explanation) override;

  GeneLinear layer_;
};

}  // namespace sctab::nn
