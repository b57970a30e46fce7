#include "sctab/nn/linear.hpp"

#include <ATen/ATen.h>

#include "sctab/kernels/backend.hpp"
#include "sctab/nn/differentiable.hpp"

namespace sctab::nn {

at::Tensor linear_map(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const LayerPass& pass) {
  const kernels::Backend& kernels = *pass.kernels;
  const std::int64_t n_cells = x.size(0), n_out = weight.size(0), n_in = weight.size(1);
  const at::Tensor input = x.detach().contiguous(), weights = weight.detach();
  at::Tensor out = at::empty({n_cells, n_out});
  kernels.product_transposed(values(input), values(weights), n_in, values(out));
  if (bias.defined()) out.add_(bias.detach());
  return differentiable(out, {x, weight, bias}, [=, &kernels](const at::Tensor& dout) -> std::vector<at::Tensor> {
    at::Tensor dinput = at::empty({n_cells, n_in}), dweights = at::empty({n_out, n_in}), dbias;
    kernels.product(values(dout), values(weights), n_out, 0, values(dinput));
    kernels.transposed_product(values(dout), values(input), n_cells, values(dweights));
    if (bias.defined()) {
      dbias = at::empty({n_out});
      kernels.transposed_product(values(at::ones({n_cells})), values(dout), n_cells, values(dbias));
    }
    return {dinput, dweights, dbias};
  });
}

LinearLayer::LinearLayer(const LayerScope& scope, std::int64_t n_in, std::int64_t n_out)
    : weight(scope.parameter("weight", scope.uniform({n_out, n_in}, n_in))),
      bias(scope.parameter("bias", scope.uniform({n_out}, n_in))) {}

GeneLinear::GeneLinear(const LayerScope& scope, std::int64_t n_genes, std::int64_t n_out)
    : weight_(scope.parameter("weight", gene_major(scope.uniform({n_out, n_genes}, n_genes)))),
      bias_(scope.parameter("bias", scope.uniform({n_out}, n_genes))) {}

at::Tensor GeneLinear::forward(sparse::CsrView x, const LayerPass& pass) const {
  const kernels::Backend& kernels = *pass.kernels;
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

NetworkOutput Linear::run(sparse::CsrView x, const LayerPass& pass, Explanation* /*explanation*/) {
  const at::Tensor logits = layer_.forward(x, pass);
  return {logits, at::zeros({}), logits};
}

}  // namespace sctab::nn
