#include <ATen/ATen.h>

#include <utility>

#include "sctab/model/model_kinds.hpp"
#include "sctab/model/predictor.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/nn/network_state.hpp"
#include "sctab/nn/torch_runtime.hpp"

namespace sctab::nn {
namespace {

void append(std::vector<float>& values, const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  values.insert(values.end(), flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
}

class NetworkPredictor : public model::Predictor {
 public:
  NetworkPredictor(std::unique_ptr<Network> network, const model::PredictorOptions& options)
      : network_(std::move(network)) {
    network_->compute_on(options.device);
    NetworkPredictor::prepare(options.precision);
  }

  void predict(sparse::CsrView log_norm, std::vector<float>& probabilities,
               std::vector<float>& embedding) const override {
    const at::NoGradGuard no_gradient;
    const NetworkOutput output = network_->forward(log_norm);
    append(probabilities, output.logits.softmax(1));
    append(embedding, output.embedding);
  }
  void prepare(kernels::Precision precision) override { network_->prepare_inference(precision); }

 private:
  std::unique_ptr<Network> network_;
};

}  // namespace
}  // namespace sctab::nn

std::unique_ptr<sctab::model::Predictor> sctab::model::load_network(const std::filesystem::path& weights,
                                                                    const model::Architecture& architecture,
                                                                    const PredictorOptions& options) {
  nn::set_torch_threads(options.threads);
  auto network = nn::make_network(architecture, 0);
  nn::load_weights(weights, network->state());
  return std::make_unique<nn::NetworkPredictor>(std::move(network), options);
}
