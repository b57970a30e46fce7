#include "sctab/nn/mlp.hpp"

#include <ATen/ATen.h>

namespace sctab::nn {

Mlp::Mlp(std::int64_t n_genes, std::int64_t n_types, const MlpOptions& options, std::uint64_t seed)
    : Network(seed),
      dropout_rate_(options.dropout),
      hidden_([&] {
        // Published as one torch Sequential of linear, batch norm, SiLU, dropout, and so on: four positions a layer.
        const LayerScope encoder = root_ / "encoder";
        std::vector<HiddenLayer> layers;
        for (std::int64_t i = 0; i < options.n_hidden; ++i) {
          layers.push_back({LinearLayer(encoder / (4 * i), i == 0 ? n_genes : options.hidden_size, options.hidden_size),
                            BatchNorm(encoder / (4 * i + 1), options.hidden_size)});
        }
        return layers;
      }()),
      output_(root_ / "linear", options.n_hidden == 0 ? n_genes : options.hidden_size, n_types) {}

NetworkOutput Mlp::run(const at::Tensor& x, const LayerPass& pass, Explanation* /*explanation*/) {
  at::Tensor h = x;
  for (HiddenLayer& layer : hidden_) {
    h = at::silu(layer.bn.forward(layer.linear.forward(h), pass));
    if (pass.mode != LayerMode::kTrain || dropout_rate_ == 0) continue;
    const double kept = 1 - dropout_rate_;
    h = h * at::empty_like(h).bernoulli_(kept, dropout_).div_(kept);
  }
  return {output_.forward(h), at::zeros({}, x.options()), h};
}

}  // namespace sctab::nn
