#include "sctab/nn/tabnet.hpp"

#include <ATen/ATen.h>

#include <algorithm>

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

NetworkOutput Tabnet::run_steps(const ProjectGenes& project, const LayerPass& pass, Explanation* explanation) {
  const auto attention_part = [&](const at::Tensor& out) { return out.narrow(1, options_.n_d, options_.n_a); };
  at::Tensor attention =
      attention_part(initial_splitter_.forward(project(initial_splitter_.gene_weight(), nullptr), pass));

  at::Tensor embedding, loss;
  GenePrior prior;
  const std::size_t n_steps = attentive_transformers_.size();
  for (std::size_t step = 0; step < n_steps; ++step) {
    const GeneMask mask = attentive_transformers_[step].forward(attention, prior, pass);
    const at::Tensor step_loss = mask_loss(mask, options_.epsilon, pass);
    loss = loss.defined() ? loss + step_loss : step_loss;

    FeatureTransformer& transformer = feature_transformers_[step];
    const at::Tensor out = transformer.forward(project(transformer.gene_weight(), &mask), pass);
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

NetworkOutput Tabnet::run(sparse::CsrView x, const LayerPass& pass, Explanation* explanation) {
  if (pass.mode == LayerMode::kEval && !prepared_.empty()) {
    const auto project = [&](const at::Tensor& weight, const GeneMask* mask) {
      const auto is_of_weight = [&](const auto& prepared) { return prepared.first.is_same(weight); };
      const auto found = std::ranges::find_if(prepared_, is_of_weight);
      SCTAB_ASSERT(found != prepared_.end());
      return found->second.project(x, mask, *pass.kernels);
    };
    return run_steps(project, pass, explanation);
  }
  SparseGenes genes(x, by_gene_, initial_bn_, pass);
  const auto project = [&](const at::Tensor& weight, const GeneMask* mask) {
    return mask == nullptr ? genes.project(weight) : genes.project(weight, *mask);
  };
  return run_steps(project, pass, explanation);
}

void Tabnet::prepare(std::optional<kernels::Precision> precision) {
  prepared_.clear();
  for (AttentiveTransformer& transformer : attentive_transformers_) transformer.prepare(precision);
  if (!precision) return;
  const auto add = [&](const at::Tensor& weight) {
    for (const auto& [known, layer] : prepared_) {
      if (known.is_same(weight)) return;
    }
    prepared_.emplace_back(weight, PreparedLayer(weight, &initial_bn_, *precision));
  };
  add(initial_splitter_.gene_weight());
  for (const FeatureTransformer& transformer : feature_transformers_) add(transformer.gene_weight());
}

}  // namespace sctab::nn
