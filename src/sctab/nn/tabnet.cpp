#include "sctab/nn/tabnet.hpp"

#include <ATen/ATen.h>

#include "sctab/nn/linear.hpp"
#include "sctab/nn/sparse_genes.hpp"
#include "sctab/nn/torch_runtime.hpp"

namespace sctab::nn {
namespace {

constexpr double kInitialMomentum = 0.01;  // the published code's, not an option there

}  // namespace

Tabnet::Tabnet(std::int64_t n_genes, std::int64_t n_types, const model::TabnetOptions& options, std::uint64_t seed)
    : Network(seed),
      options_(options),
      encoder_(root_ / "encoder"),
      initial_bn_(encoder_ / "initial_bn", n_genes, {.momentum = kInitialMomentum}),
      initial_splitter_(encoder_ / "initial_splitter", n_genes, options, nullptr) {
  for (std::int64_t step = 0; step < options.n_steps; ++step) {
    feature_transformers_.emplace_back(encoder_ / "feat_transformers" / step, n_genes, options, &initial_splitter_);
    attentive_transformers_.emplace_back(encoder_ / "att_transformers" / step, n_genes, options);
  }
  final_mapping_ = (root_ / "final_mapping").parameter("weight", root_.mapping_weight(options.n_d, n_types));
}

NetworkOutput Tabnet::run(sparse::CsrView x, const LayerPass& pass, Explanation* explanation) {
  SparseGenes genes(x, by_gene_, initial_bn_, pass);
  const auto attention_part = [&](const at::Tensor& out) { return out.narrow(1, options_.n_d, options_.n_a); };
  at::Tensor attention =
      attention_part(initial_splitter_.forward(genes.project(initial_splitter_.gene_weight()), pass));

  at::Tensor embedding, loss;
  GenePrior prior;
  const std::size_t n_steps = attentive_transformers_.size();
  for (std::size_t step = 0; step < n_steps; ++step) {
    const GeneMask mask = attentive_transformers_[step].forward(attention, prior, pass);
    const at::Tensor step_loss = mask_loss(mask, options_.epsilon, pass);
    loss = loss.defined() ? loss + step_loss : step_loss;

    FeatureTransformer& transformer = feature_transformers_[step];
    const at::Tensor out = transformer.forward(genes.project(transformer.gene_weight(), mask), pass);
    const at::Tensor contribution = out.narrow(1, 0, options_.n_d).relu();
    embedding = embedding.defined() ? embedding + contribution : contribution;
    attention = attention_part(out);
    if (step + 1 < n_steps) prior = advance_prior(prior, mask, options_.gamma, pass);

    if (explanation == nullptr) continue;
    const at::Tensor seen = dense_tensor(mask.view()), weighted = seen * contribution.sum(1, true);
    explanation->importance = step == 0 ? weighted : explanation->importance + weighted;
    explanation->masks.push_back(seen);
  }
  return {linear_map(embedding, final_mapping_, {}, pass), loss / static_cast<double>(n_steps), embedding};
}

}  // namespace sctab::nn
