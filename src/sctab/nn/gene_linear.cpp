#include "sctab/nn/gene_linear.hpp"

#include <ATen/ATen.h>

#include "sctab/kernels/backend.hpp"
#include "sctab/nn/differentiable.hpp"
#include "sctab/nn/gene_major.hpp"
#include "sctab/nn/spans.hpp"

namespace sctab::nn {

GeneLinear::GeneLinear(const LayerScope& scope, std::int64_t n_genes, std::int64_t n_out)
    : weight_(scope.parameter("weight", gene_major(scope.uniform({n_out, n_genes}, n_genes)))),
      bias_(scope.parameter("bias", scope.uniform({n_out}, n_genes))) {}

at::Tensor GeneLinear::forward(const at::Tensor& x, const LayerPass& /*pass*/) const {
  return at::linear(x, weight_.contiguous(), bias_);
}

void GeneLinear::prepare(std::optional<kernels::Precision> precision) {
  prepared_.reset();
  if (precision) prepared_.emplace(weight_, nullptr, *precision);
}

at::Tensor GeneLinear::forward(sparse::CsrView x, const LayerPass& pass) const {
  const kernels::Backend& kernels = *pass.kernels;
  if (prepared_ && pass.mode == LayerMode::kEval) return prepared_->project(x, kernels).add_(bias_.detach());
  const std::int64_t n_out = bias_.size(0);
  at::Tensor out = at::empty({x.n_cells, n_out});
  kernels.csr_projection(x, values(weight_.detach().t()), n_out, values(out));
  out.add_(bias_.detach());
  return differentiable(out, {weight_, bias_}, [x, n_out, &kernels](const at::Tensor& dout) {
    sparse::CsrMatrix by_gene;
    kernels.csr_transpose(x, by_gene);
    at::Tensor dweight = at::empty({x.n_genes, n_out}), dbias = at::empty({n_out});
    kernels.csr_projection(by_gene.view(), values(dout), n_out, values(dweight));
    kernels.transposed_product(values(at::ones({x.n_cells})), values(dout), x.n_cells, values(dbias));
    return std::vector<at::Tensor>{dweight.t(), dbias};
  });
}

}  // namespace sctab::nn
