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

NetworkOutput Tabnet::run(sparse::CsrView x, const LayerPass& pass, Explanation* explanation) {
  SparseGenes genes(x, by_gene_, initial_bn_, pass);
  const auto attention_part = [&](const at::Tensor& out) { return out.narrow(1, options_.n_d, options_.n_a); };
  at::Tensor attention =
      attention_part(initial_splitter_.forward(genes.project(initial_splitter_.gene_weight()), pass));

  at::Tensor embedding, loss;
  std::vector<float> condition(static_cast<std::size_t>(x.n_cells), 0.0F);
  std::vector<at::Tensor> sums;
  GenePrior prior;
  const std::size_t n_steps = attentive_transformers_.size();
  for (std::size_t step = 0; step < n_steps; ++step) {
    const GeneMask mask = attentive_transformers_[step].forward(attention, prior, pass);
    std::ranges::transform(condition, mask.condition, condition.begin(), std::ranges::max);
    const at::Tensor step_loss = mask_loss(mask, options_.epsilon, pass);
    loss = loss.defined() ? loss + step_loss : step_loss;

    FeatureTransformer& transformer = feature_transformers_[step];
    const at::Tensor out = transformer.forward(genes.project(transformer.gene_weight(), mask), pass);
    const at::Tensor contribution = out.narrow(1, 0, options_.n_d).relu();
    embedding = embedding.defined() ? embedding + contribution : contribution;
    attention = attention_part(out);
    if (step + 1 < n_steps) prior = advance_prior(prior, mask, options_.gamma, pass);

    if (explanation == nullptr) continue;
    explanation->masks.push_back(dense_tensor(mask.view()));
    sums.push_back(contribution.sum(1, true));
  }
  NetworkOutput output{linear_map(embedding, final_mapping_, {}, pass), loss / static_cast<double>(n_steps), embedding};
  if (pass.mode == LayerMode::kEval) run_again(x, condition, output, explanation, sums);
  for (std::size_t step = 0; step < sums.size(); ++step) {
    const at::Tensor weighted = explanation->masks[step] * sums[step];
    explanation->importance = step == 0 ? weighted : explanation->importance + weighted;
  }
  return output;
}

void Tabnet::run_again(sparse::CsrView x, std::span<const float> condition, NetworkOutput& output,
                       Explanation* explanation, std::vector<at::Tensor>& sums) const {
  std::vector<sparse::CellIndex> cells = model::ill_conditioned_cells(condition);
  if (cells.empty()) return;
  model::PreciseOutput precise = model::run_precisely(view(), x, cells);
  const std::int64_t n_cells = std::ssize(cells);
  const at::Tensor rows = at::from_blob(cells.data(), {n_cells}, at::kLong);
  const auto replace = [&](at::Tensor& all, std::vector<float>& values) {
    all.index_copy_(0, rows, at::from_blob(values.data(), {n_cells, all.size(1)}));
  };
  replace(output.logits, precise.logits);
  replace(output.embedding, precise.embedding);
  for (std::size_t step = 0; step < sums.size(); ++step) {
    explanation->masks[step].index_copy_(0, rows, dense_tensor(precise.masks[step].view()));
    replace(sums[step], precise.weights[step]);
  }
}

model::TabnetView Tabnet::view() const {
  model::TabnetView view{options_, initial_bn_.running(), initial_splitter_.view(), {}, {}, values(final_mapping_)};
  for (const FeatureTransformer& transformer : feature_transformers_) view.steps.push_back(transformer.view());
  for (const AttentiveTransformer& transformer : attentive_transformers_) view.attention.push_back(transformer.view());
  return view;
}

}  // namespace sctab::nn
