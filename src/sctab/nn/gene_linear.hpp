#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "sctab/nn/layer_mode.hpp"
#include "sctab/nn/layer_scope.hpp"
#include "sctab/nn/prepared_genes.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::nn {

/// A linear layer of the genes with bias, initialised as torch does: "weight" (n_out × n_genes) and "bias".
class GeneLinear {
 public:
  GeneLinear(const LayerScope& scope, std::int64_t n_genes, std::int64_t n_out);
  /// x: cells × genes. Returns cells × n_out.
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const LayerPass& pass) const;
  /// The same over the non-zeros by pass.kernels. x must outlive the backward pass.
  [[nodiscard]] at::Tensor forward(sparse::CsrView x, const LayerPass& pass) const;

  /// Makes the weights as they are now ready for many batches of inference; nullopt: no longer.
  void prepare(std::optional<kernels::Precision> precision);

 private:
  at::Tensor weight_;  // gene_major()
  at::Tensor bias_;
  std::optional<PreparedLayer> prepared_;
};

}  // namespace sctab::nn
