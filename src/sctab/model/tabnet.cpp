#include "sctab/model/tabnet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/model/inference_layers.hpp"
#include "sctab/model/precise_tabnet.hpp"

namespace sctab::model {
namespace {

/// A layer after the first: as the kernels take it, and as it is.
struct LinearWeights {
  std::vector<float> values;  // n_out × n_in
  kernels::PackedWeights packed;

  LinearWeights(NetworkWeights& weights, const std::string& name)
      : values(weights.floats(name)), packed(values, weights.shape(name).at(1)) {}
};

/// By the first name of the weight, since steps share some.
using SharedWeights = std::map<std::string, std::shared_ptr<const LinearWeights>>;

/// A linear map to 2 × width columns, batch norm, and a gate: the first half times the sigmoid of the second.
struct GluLayer {
  std::shared_ptr<const LinearWeights> weight;  // (2 · width) × width; null for the first of a stack
  RunningNorm norm;
};

/// A stack of GLU layers. All but the first are residual, and each sum is scaled by sqrt(0.5).
class FeatureTransformer {
 public:
  FeatureTransformer(NetworkWeights& weights, const std::string& place, const TabnetOptions& options,
                     SharedWeights& shared)
      : width_(static_cast<std::size_t>(options.n_d + options.n_a)) {
    for (std::int64_t i = 0; i < options.n_shared; ++i) {
      add(weights, fmt::format("{}.shared.glu_layers.{}", place, i), shared);
    }
    for (std::int64_t i = 0; i < options.n_independent; ++i) {
      add(weights, fmt::format("{}.specifics.glu_layers.{}", place, i), shared);
    }
  }

  /// The first name of the first layer's weight, which projects the genes.
  [[nodiscard]] const std::string& gene_weight() const { return gene_weight_; }

  /// projected: n_cells × (2 · width), the genes times the first layer's weight; overwritten. Returns n_cells × (n_d +
  /// n_a).
  [[nodiscard]] std::vector<float> run(std::vector<float>& projected, const kernels::Backend& kernels) const {
    const std::size_t n_cells = projected.size() / (2 * width_);
    std::vector<std::int64_t> starts;
    std::vector<float> x(n_cells * width_), next(layers_.size() > 1 ? x.size() : 0);
    const auto norm_of = [&](const GluLayer& layer) {
      return layer.norm.over(static_cast<std::int64_t>(n_cells), starts);
    };
    kernels.gated_norm(projected, norm_of(layers_.front()), {}, x);
    for (std::size_t i = 1; i < layers_.size(); ++i) {
      kernels.linear_layer(x, layers_[i].weight->packed, {}, projected);
      kernels.gated_norm(projected, norm_of(layers_[i]), x, next);
      std::swap(x, next);
    }
    return x;
  }

  /// gene_weights: of the first layer.
  [[nodiscard]] std::vector<TabnetView::Layer> view(std::span<const float> gene_weights,
                                                    std::vector<std::int64_t>& starts) const {
    std::vector<TabnetView::Layer> layers;
    for (const GluLayer& layer : layers_) {
      const std::span<const float> weight = layer.weight == nullptr ? gene_weights : layer.weight->values;
      layers.push_back({weight, layer.norm.over(1, starts)});
    }
    return layers;
  }

 private:
  void add(NetworkWeights& weights, const std::string& layer, SharedWeights& shared) {
    const std::string& name = weights.first_name(layer + ".fc.weight");
    std::shared_ptr<const LinearWeights> weight;
    if (layers_.empty()) {
      gene_weight_ = name;
    } else {
      auto& known = shared[name];
      if (known == nullptr) known = std::make_shared<const LinearWeights>(weights, name);
      weight = known;
    }
    layers_.push_back({std::move(weight), RunningNorm(weights, layer + ".bn.bn")});
  }

  std::size_t width_;
  std::string gene_weight_;
  std::vector<GluLayer> layers_;
};

/// Which genes a step looks at: scores from the step before, batch norm, the prior, entmax or sparsemax.
class AttentiveTransformer {
 public:
  AttentiveTransformer(NetworkWeights& weights, const std::string& place, const TabnetOptions& options)
      : weight_(weights.floats(place + ".fc.weight")),
        norm_(weights, place + ".bn.bn"),
        n_a_(options.n_a),
        simplex_(options.mask_type == MaskType::kEntmax ? kernels::Simplex::kEntmax15 : kernels::Simplex::kSparsemax) {
    set_precision(kernels::Precision::kFloat);
  }

  void set_precision(kernels::Precision precision) { panels_.emplace(weight_, n_a_, precision); }

  /// activations: n_cells × n_a. Returns (n_cells × n_inputs), and of each cell its condition.
  [[nodiscard]] sparse::CsrMatrix mask(std::span<const float> activations, const kernels::Prior& prior,
                                       const kernels::Backend& kernels, std::vector<float>& condition) const {
    condition.resize(activations.size() / static_cast<std::size_t>(n_a_));
    std::vector<std::int64_t> starts;
    const kernels::GhostNorm norm = norm_.over(std::ssize(activations) / n_a_, starts);
    sparse::CsrMatrix mask;
    kernels.attention_mask({activations, weight_, n_a_, norm, prior, simplex_, &*panels_, condition}, mask);
    return mask;
  }

  [[nodiscard]] TabnetView::Layer view(std::vector<std::int64_t>& starts) const {
    return {weight_, norm_.over(1, starts)};
  }

 private:
  std::vector<float> weight_;  // inputs × n_a
  RunningNorm norm_;
  std::int64_t n_a_;
  kernels::Simplex simplex_;
  std::optional<kernels::AttentionPanels> panels_;
};

/// Columns [first, first + n) of rows of `width`.
std::vector<float> columns(std::span<const float> rows, std::size_t width, std::size_t first, std::size_t n) {
  std::vector<float> result;
  result.reserve(rows.size() / width * n);
  for (std::size_t begin = first; begin < rows.size(); begin += width) {
    const auto row = rows.subspan(begin, n);
    result.insert(result.end(), row.begin(), row.end());
  }
  return result;
}

/// Replaces the rows of these cells, ascending.
void set_rows(std::span<const sparse::CellIndex> cells, sparse::CsrView rows, sparse::CsrMatrix& x) {
  const sparse::CsrMatrix before = std::exchange(x, sparse::CsrMatrix());
  x.clear(before.n_genes);
  std::size_t next = 0;
  for (sparse::CellIndex cell = 0; cell < before.n_cells; ++cell) {
    const bool is_new = next < cells.size() && cells[next] == cell;
    const sparse::RowView row = is_new ? rows.row(static_cast<sparse::CellIndex>(next++)) : before.row(cell);
    x.append_row(row.indices, row.data);
  }
}

/// The same for rows of one length; all: (n_cells × width).
void set_rows(std::span<const sparse::CellIndex> cells, std::span<const float> rows, std::span<float> all) {
  if (cells.empty()) return;
  const std::size_t width = rows.size() / cells.size();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto row = rows.subspan(i * width, width);
    std::ranges::copy(row, all.begin() + cells[i] * static_cast<std::int64_t>(width));
  }
}

/// The masks' sum over the steps, each cell's rows weighted. weights: by step, one a cell.
sparse::CsrMatrix weighted_sum(std::span<const sparse::CsrMatrix> masks, std::span<const std::vector<float>> weights) {
  sparse::CsrMatrix sum;
  sum.clear(masks.front().n_genes);
  for (sparse::CellIndex cell = 0; cell < masks.front().n_cells; ++cell) {
    std::map<sparse::GeneIndex, float> row;
    for (std::size_t step = 0; step < masks.size(); ++step) {
      const sparse::RowView looked_at = masks[step].view().row(cell);
      for (std::size_t i = 0; i < looked_at.indices.size(); ++i) {
        row[looked_at.indices[i]] += looked_at.data[i] * weights[step][static_cast<std::size_t>(cell)];
      }
    }
    std::vector<sparse::GeneIndex> genes;
    std::vector<float> values;
    for (const auto& [gene, value] : row) {
      genes.push_back(gene);
      values.push_back(value);
    }
    sum.append_row(genes, values);
  }
  return sum;
}

class Tabnet final : public InferenceNetwork {
 public:
  Tabnet(NetworkWeights& weights, const Architecture& architecture, const kernels::Backend& kernels)
      : options_(architecture.tabnet), kernels_(kernels), initial_norm_(weights, "encoder.initial_bn") {
    SharedWeights shared;
    initial_splitter_.emplace(weights, "encoder.initial_splitter", options_, shared);
    add_projection(weights, *initial_splitter_);
    for (std::int64_t step = 0; step < options_.n_steps; ++step) {
      feature_transformers_.emplace_back(weights, fmt::format("encoder.feat_transformers.{}", step), options_, shared);
      attentive_transformers_.emplace_back(weights, fmt::format("encoder.att_transformers.{}", step), options_);
      add_projection(weights, feature_transformers_.back());
    }
    final_mapping_.emplace(weights, "final_mapping.weight");
  }

  void set_precision(kernels::Precision precision) override {
    precise_ = precision == kernels::Precision::kFloat;
    for (auto& [name, projection] : projections_) projection.set_precision(precision);
    for (AttentiveTransformer& transformer : attentive_transformers_) transformer.set_precision(precision);
  }

  NetworkOutput run(sparse::CsrView x, Explanation* explanation) const override {
    const auto n_cells = static_cast<std::size_t>(x.n_cells);
    const auto n_d = static_cast<std::size_t>(options_.n_d), n_a = static_cast<std::size_t>(options_.n_a);
    std::vector<float> projected;
    std::vector<float> out = transform(*initial_splitter_, x, nullptr, projected);
    NetworkOutput result;
    result.embedding.assign(n_cells * n_d, 0.0F);
    kernels::Prior prior;
    sparse::CsrMatrix used, used_next;  // used: what `prior` looks at
    std::vector<sparse::CsrMatrix> masks;
    std::vector<std::vector<float>> weights;
    std::vector<float> condition(n_cells, 0.0F), step_condition;
    for (std::size_t step = 0; step < attentive_transformers_.size(); ++step) {
      const std::vector<float> attention = columns(out, n_d + n_a, n_d, n_a);
      sparse::CsrMatrix mask = attentive_transformers_[step].mask(attention, prior, kernels_, step_condition);
      std::ranges::transform(condition, step_condition, condition.begin(), std::ranges::max);
      const sparse::CsrView view = mask.view();
      out = transform(feature_transformers_[step], x, &view, projected);
      std::vector<float> added = add_to_embedding(out, result.embedding);
      if (step + 1 < attentive_transformers_.size()) {
        kernels_.advance_prior(prior, view, static_cast<float>(options_.gamma), used_next);
        std::swap(used, used_next);
        prior = {prior.elsewhere * static_cast<float>(options_.gamma), used.view()};
      }
      if (explanation == nullptr) continue;
      masks.push_back(std::move(mask));
      weights.push_back(std::move(added));
    }
    result.logits.resize(n_cells * static_cast<std::size_t>(final_mapping_->packed.n_out()));
    kernels_.linear_layer(result.embedding, final_mapping_->packed, {}, result.logits);
    if (precise_) run_again(x, condition, result, masks, weights);
    if (explanation == nullptr) return result;
    *explanation = {std::move(masks), {}};
    explanation->importance = weighted_sum(explanation->masks, weights);
    return result;
  }

 private:
  void add_projection(NetworkWeights& weights, const FeatureTransformer& transformer) {
    const std::string& name = transformer.gene_weight();
    if (!projections_.contains(name)) projections_.emplace(name, GeneProjection(weights, name, &initial_norm_));
  }

  /// Replaces the results of ill-conditioned cells. masks, weights: by step, or empty.
  void run_again(sparse::CsrView x, std::span<const float> condition, NetworkOutput& result,
                 std::vector<sparse::CsrMatrix>& masks, std::vector<std::vector<float>>& weights) const {
    const std::vector<sparse::CellIndex> cells = ill_conditioned_cells(condition);
    if (cells.empty()) return;
    std::vector<std::int64_t> starts;
    const PreciseOutput precise = run_precisely(view(starts), x, cells);
    set_rows(cells, precise.logits, result.logits);
    set_rows(cells, precise.embedding, result.embedding);
    for (std::size_t step = 0; step < masks.size(); ++step) {
      set_rows(cells, precise.masks[step].view(), masks[step]);
      set_rows(cells, precise.weights[step], weights[step]);
    }
  }

  [[nodiscard]] TabnetView view(std::vector<std::int64_t>& starts) const {
    const auto layers = [&](const FeatureTransformer& transformer) {
      return transformer.view(projections_.at(transformer.gene_weight()).weights(), starts);
    };
    TabnetView view{options_, initial_norm_.over(1, starts), layers(*initial_splitter_), {},
                    {},       final_mapping_->values};
    for (const FeatureTransformer& transformer : feature_transformers_) view.steps.push_back(layers(transformer));
    for (const AttentiveTransformer& each : attentive_transformers_) view.attention.push_back(each.view(starts));
    return view;
  }

  /// The cells' normalised genes, seen through the mask unless that is null, through the layers. projected: memory.
  std::vector<float> transform(const FeatureTransformer& transformer, sparse::CsrView x, const sparse::CsrView* mask,
                               std::vector<float>& projected) const {
    const GeneProjection& genes = projections_.at(transformer.gene_weight());
    projected.resize(static_cast<std::size_t>(x.n_cells * genes.width()));
    genes.project(x, mask, kernels_, projected);
    return transformer.run(projected, kernels_);
  }

  /// Adds the positive values among the first n_d of each cell. Returns their sum for each cell.
  [[nodiscard]] std::vector<float> add_to_embedding(std::span<const float> out, std::span<float> embedding) const {
    const auto n_d = static_cast<std::size_t>(options_.n_d), width = n_d + static_cast<std::size_t>(options_.n_a);
    std::vector<float> sums(embedding.size() / n_d, 0.0F);
    for (std::size_t cell = 0; cell < sums.size(); ++cell) {
      for (std::size_t i = 0; i < n_d; ++i) {
        const float value = out[cell * width + i];
        const float added = value < 0 ? 0 : value;  // NaN stays NaN
        embedding[cell * n_d + i] += added;
        sums[cell] += added;
      }
    }
    return sums;
  }

  TabnetOptions options_;
  const kernels::Backend& kernels_;
  RunningNorm initial_norm_;
  std::map<std::string, GeneProjection> projections_;  // by the weight's first name: as a rule all steps share one
  std::optional<FeatureTransformer> initial_splitter_;
  std::vector<FeatureTransformer> feature_transformers_;
  std::vector<AttentiveTransformer> attentive_transformers_;
  std::optional<LinearWeights> final_mapping_;  // types × n_d
  bool precise_ = true;  // weights are as they were, so that ill-conditioned cells are worth more digits
};

}  // namespace

std::unique_ptr<InferenceNetwork> load_tabnet(NetworkWeights& weights, const Architecture& architecture,
                                              const kernels::Backend& kernels) {
  return std::make_unique<Tabnet>(weights, architecture, kernels);
}

}  // namespace sctab::model
