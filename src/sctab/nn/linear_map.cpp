#include "sctab/nn/linear_map.hpp"

#include <ATen/ATen.h>

#include "sctab/kernels/backend.hpp"
#include "sctab/nn/differentiable.hpp"
#include "sctab/nn/spans.hpp"

namespace sctab::nn {

at::Tensor linear_map(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const LayerPass& pass) {
  if (pass.kernels == nullptr) return at::linear(x, weight, bias);
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

}  // namespace sctab::nn
