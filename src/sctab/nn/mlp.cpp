#include "sctab/nn/mlp.hpp"

#include <ATen/ATen.h>

#include "sctab/kernels/backend.hpp"
#include "sctab/nn/differentiable.hpp"

namespace sctab::nn {
namespace {

at::Tensor silu(const at::Tensor& x, const LayerPass& pass) {
  const at::Tensor input = x.detach().contiguous(), out = at::empty_like(input);
  pass.kernels->silu(values(input), values(out));
  return differentiable(out, {x}, [input, &kernels = *pass.kernels](const at::Tensor& dout) {
    at::Tensor dx = at::empty_like(input);
    kernels.silu_backward(values(input), values(dout), values(dx));
    return std::vector<at::Tensor>{dx};
  });
}

}  // namespace

Mlp::Mlp(std::int64_t n_genes, std::int64_t n_types, const model::MlpOptions& options, std::uint64_t seed)
    : Network(seed),
      dropout_rate_(options.dropout),
      first_(root_ / "encoder" / 0, n_genes, options.hidden_size),
      first_bn_(root_ / "encoder" / 1, options.hidden_size),
      hidden_([&] {
        // Published as one torch Sequential of linear, batch norm, SiLU, dropout, and so on: four positions a layer.
        const LayerScope encoder = root_ / "encoder";
        std::vector<HiddenLayer> layers;
        for (std::int64_t i = 1; i < options.n_hidden; ++i) {
          layers.push_back({LinearLayer(encoder / (4 * i), options.hidden_size, options.hidden_size),
                            BatchNorm(encoder / (4 * i + 1), options.hidden_size)});
        }
        return layers;
      }()),
      output_(root_ / "linear", options.hidden_size, n_types) {}

NetworkOutput Mlp::run(sparse::CsrView x, const LayerPass& pass, Explanation* /*explanation*/) {
  at::Tensor h = activate(first_bn_, first_.forward(x, pass), pass);
  for (HiddenLayer& layer : hidden_) h = activate(layer.bn, layer.linear.forward(h, pass), pass);
  return {output_.forward(h, pass), at::zeros({}), h};
}

at::Tensor Mlp::activate(BatchNorm& bn, const at::Tensor& h, const LayerPass& pass) {
  const at::Tensor active = silu(bn.forward(h, pass), pass);
  if (pass.mode != LayerMode::kTrain || dropout_rate_ == 0) return active;
  const double kept = 1 - dropout_rate_;
  return active * at::empty_like(active).bernoulli_(kept, dropout_).div_(kept);
}

}  // namespace sctab::nn
