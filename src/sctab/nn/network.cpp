#include "sctab/nn/network.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "sctab/core/error.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/nn/linear.hpp"
#include "sctab/nn/mlp.hpp"
#include "sctab/nn/tabnet.hpp"

namespace sctab::nn {
namespace {

at::Generator generator(std::uint64_t seed, std::string_view purpose) {
  return at::make_generator<at::CPUGeneratorImpl>(core::Rng(seed).child(purpose)());
}

}  // namespace

Network::Network(std::uint64_t seed)
    : root_(state_, generator(seed, "weights")), dropout_(generator(seed, "dropout")) {}

std::vector<at::Tensor> Network::parameters() const {
  std::vector<at::Tensor> tensors;
  for (const NamedTensor& parameter : state_.parameters()) tensors.push_back(parameter.tensor);
  return tensors;
}

void Network::zero_gradients() {
  for (const NamedTensor& parameter : state_.parameters()) parameter.tensor.mutable_grad().reset();
}

at::Tensor Network::random_state() const {
  return dropout_.get_state();
}

void Network::set_random_state(const at::Tensor& state) {
  dropout_.set_state(state);
}

std::unique_ptr<Network> make_network(const model::Architecture& architecture, std::uint64_t seed) {
  architecture.validate();
  const auto [n_inputs, n_types] = std::pair(architecture.n_inputs(), architecture.n_types);
  switch (architecture.kind) {
    case model::ModelKind::kTabnet:
      return std::make_unique<Tabnet>(n_inputs, n_types, architecture.tabnet, seed);
    case model::ModelKind::kMlp:
      return std::make_unique<Mlp>(n_inputs, n_types, architecture.mlp, seed);
    case model::ModelKind::kLinear:
      return std::make_unique<Linear>(n_inputs, n_types, seed);
    default:
      break;
  }
  core::assertion_failed("a kind of network", __FILE__, __LINE__);
}

NetworkOutput Network::dispatch(sparse::CsrView x, const LayerPass& pass, Explanation* explanation) {
  // The kernels' way back is that of batch statistics: outside training there is none, and backward() says so.
  const at::AutoGradMode with_gradients(at::GradMode::is_enabled() && pass.mode == LayerMode::kTrain);
  LayerPass by_kernels = pass;
  by_kernels.kernels = kernels_;
  return run(x, by_kernels, explanation);
}

void BatchNormEstimate::add(sparse::CsrView x) {
  const at::NoGradGuard no_gradient;
  network_.dispatch(x, {LayerMode::kEstimate, n_cells_}, nullptr);
  n_cells_ += x.n_cells;
}

}  // namespace sctab::nn
