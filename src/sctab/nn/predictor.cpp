#include "sctab/nn/predictor.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <map>

#include "sctab/core/error.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/nn/weights.hpp"

namespace sctab::nn {
namespace {

void append(std::vector<float>& values, const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  values.insert(values.end(), flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
}

class NetworkPredictor : public Predictor {
 public:
  NetworkPredictor(std::unique_ptr<Network> network, const PredictorOptions& options)
      : network_(std::move(network)), dense_(options.dense) {
    network_->compute_on(options.device);
    network_->compute_densely(options.dense);
    NetworkPredictor::prepare(options.precision);
  }

  void predict(sparse::CsrView log_norm, std::vector<float>& probabilities,
               std::vector<float>& embedding) const override {
    const at::NoGradGuard no_gradient;
    const NetworkOutput output = network_->forward(log_norm);
    append(probabilities, output.logits.softmax(1));
    append(embedding, output.embedding);
  }
  void prepare(kernels::Precision precision) override {
    if (dense_) return network_->eval();
    network_->prepare_inference(precision);
  }

 private:
  std::unique_ptr<Network> network_;
  bool dense_;
};

std::map<ModelKind, PredictorLoader>& loaders() {
  static std::map<ModelKind, PredictorLoader> known;
  return known;
}

void refuse_network_options(ModelKind kind, const PredictorOptions& options) {
  const auto refuse = [&](bool given, std::string_view what) {
    if (given)
      throw core::InputError(fmt::format("{} is of networks, and the model is {}; leave it out", what, name(kind)));
  };
  refuse(options.dense, "--dense");
  refuse(options.precision == kernels::Precision::kHalf, "half precision");
}

}  // namespace

void register_predictor(ModelKind kind, PredictorLoader loader) {
  SCTAB_ASSERT(!is_network(kind));
  loaders()[kind] = loader;
}

std::unique_ptr<Predictor> load_predictor(const std::filesystem::path& weights, const Architecture& architecture,
                                          const PredictorOptions& options) {
  if (is_network(architecture.kind)) {
    auto network = make_network(architecture, 0);
    load_weights(weights, *network);
    return std::make_unique<NetworkPredictor>(std::move(network), options);
  }
  (void)kernels::backend(options.device);  // refused where this build has none
  refuse_network_options(architecture.kind, options);
  const auto loader = loaders().find(architecture.kind);
  SCTAB_ASSERT(loader != loaders().end());
  return loader->second(weights, architecture);
}

}  // namespace sctab::nn
