#include "sctab/model/inference_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/model/inference_layers.hpp"
#include "sctab/model/network_weights.hpp"
#include "sctab/model/predictor.hpp"
#include "sctab/model/tabnet.hpp"

namespace sctab::model {
namespace {

constexpr std::int64_t kCellsPerTask = 64;

/// Multinomial logistic regression.
class Linear final : public InferenceNetwork {
 public:
  Linear(NetworkWeights& weights, const kernels::Backend& kernels)
      : kernels_(kernels), genes_(weights, "weight", nullptr), bias_(weights.floats("bias")) {}

  void set_precision(kernels::Precision precision) override { genes_.set_precision(precision); }

  NetworkOutput run(sparse::CsrView x, Explanation* /*explanation*/) const override {
    NetworkOutput result;
    result.logits.resize(static_cast<std::size_t>(x.n_cells) * bias_.size());
    genes_.project(x, nullptr, kernels_, result.logits);
    add_to_rows(bias_, result.logits);
    result.embedding = result.logits;
    return result;
  }

 private:
  const kernels::Backend& kernels_;
  GeneProjection genes_;
  std::vector<float> bias_;
};

/// The paper's baseline: hidden layers of linear, batch norm and SiLU, then a linear layer.
class Mlp final : public InferenceNetwork {
 public:
  Mlp(NetworkWeights& weights, const MlpOptions& options, const kernels::Backend& kernels)
      : kernels_(kernels),
        genes_(weights, "encoder.0.weight", nullptr),
        first_bias_(weights.floats("encoder.0.bias")),
        output_(weights, "linear") {
    for (std::int64_t i = 0; i < std::max<std::int64_t>(options.n_hidden, 1); ++i) {
      // Published as one torch Sequential of linear, batch norm, SiLU, dropout, and so on: four positions a layer.
      if (i > 0) hidden_.emplace_back(weights, fmt::format("encoder.{}", 4 * i));
      const RunningNorm norm(weights, fmt::format("encoder.{}", 4 * i + 1));
      norms_.push_back({std::vector<float>(first_bias_.size()), std::vector<float>(first_bias_.size())});
      norm.fold(norms_.back().scale, norms_.back().shift);
    }
  }

  void set_precision(kernels::Precision precision) override { genes_.set_precision(precision); }

  NetworkOutput run(sparse::CsrView x, Explanation* /*explanation*/) const override {
    std::vector<float> h(static_cast<std::size_t>(x.n_cells) * first_bias_.size());
    genes_.project(x, nullptr, kernels_, h);
    add_to_rows(first_bias_, h);
    activate(norms_.front(), h);
    for (std::size_t i = 0; i < hidden_.size(); ++i) {
      h = hidden_[i].apply(h, kernels_);
      activate(norms_[i + 1], h);
    }
    return {output_.apply(h, kernels_), std::move(h)};
  }

 private:
  struct FoldedNorm {
    std::vector<float> scale, shift;
  };

  void activate(const FoldedNorm& norm, std::span<float> h) const {
    const std::size_t width = norm.scale.size();
    for (std::size_t begin = 0; begin < h.size(); begin += width) {
      for (std::size_t i = 0; i < width; ++i) h[begin + i] = h[begin + i] * norm.scale[i] + norm.shift[i];
    }
    kernels_.silu(h, h);
  }

  const kernels::Backend& kernels_;
  GeneProjection genes_;
  std::vector<float> first_bias_;
  std::vector<FoldedNorm> norms_;
  std::vector<DenseLayer> hidden_;  // after the first
  DenseLayer output_;
};

/// Turns each row of logits into probabilities.
void softmax_rows(std::int64_t n_types, std::span<float> rows) {
  const auto width = static_cast<std::size_t>(n_types);
  kernels::parallel_blocks(std::ssize(rows) / n_types, kCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t cell = first; cell < last; ++cell) {
      const auto row = rows.subspan(static_cast<std::size_t>(cell * n_types), width);
      const float largest = *std::ranges::max_element(row);
      double sum = 0;
      for (float& value : row) sum += value = std::exp(value - largest);
      for (float& value : row) value = static_cast<float>(value / sum);
    }
  });
}

class NetworkPredictor final : public Predictor {
 public:
  NetworkPredictor(std::unique_ptr<InferenceNetwork> network, std::int64_t n_types)
      : network_(std::move(network)), n_types_(n_types) {}

  void predict(sparse::CsrView log_norm, std::vector<float>& probabilities,
               std::vector<float>& embedding) const override {
    NetworkOutput output = network_->run(log_norm);
    softmax_rows(n_types_, output.logits);
    probabilities.insert(probabilities.end(), output.logits.begin(), output.logits.end());
    embedding.insert(embedding.end(), output.embedding.begin(), output.embedding.end());
  }
  void prepare(kernels::Precision precision) override { network_->set_precision(precision); }

 private:
  std::unique_ptr<InferenceNetwork> network_;
  std::int64_t n_types_;
};

}  // namespace

std::unique_ptr<InferenceNetwork> load_inference_network(const std::filesystem::path& path,
                                                         const Architecture& architecture, kernels::Device device) {
  const kernels::Backend& kernels = kernels::backend(device);
  NetworkWeights weights(path, architecture);
  if (architecture.kind == ModelKind::kTabnet) return load_tabnet(weights, architecture, kernels);
  if (architecture.kind == ModelKind::kMlp) return std::make_unique<Mlp>(weights, architecture.mlp, kernels);
  SCTAB_ASSERT(architecture.kind == ModelKind::kLinear);
  return std::make_unique<Linear>(weights, kernels);
}

std::unique_ptr<Predictor> load_network(const std::filesystem::path& weights, const Architecture& architecture,
                                        const PredictorOptions& options) {
  auto network = load_inference_network(weights, architecture, options.device);
  if (options.precision != kernels::Precision::kFloat) network->set_precision(options.precision);
  return std::make_unique<NetworkPredictor>(std::move(network), architecture.n_types);
}

}  // namespace sctab::model
