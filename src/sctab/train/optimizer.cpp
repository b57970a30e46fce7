#include "sctab/train/optimizer.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <torch/nn/utils/clip_grad.h>  // needs torch/types.h before it
#include <torch/optim/adamw.h>

#include <cmath>
#include <string>
#include <unordered_map>

#include "sctab/core/error.hpp"

namespace sctab::train {
namespace {

using ParamState = torch::optim::AdamWParamState;

constexpr std::string_view kMean = "exp_avg/", kSquare = "exp_avg_sq/";

/// The key that torch 1.13 files a parameter's state under.
std::string key_of(const at::Tensor& parameter) {
  return c10::guts::to_string(parameter.unsafeGetTensorImpl());
}

}  // namespace

struct Optimizer::State {
  State(nn::Network& n, double weight_decay, double clip)
      : network(n), clip_norm(clip), adamw(n.parameters(), torch::optim::AdamWOptions().weight_decay(weight_decay)) {}
  nn::Network& network;
  double clip_norm;
  torch::optim::AdamW adamw;
};

Optimizer::Optimizer(nn::Network& network, double weight_decay, double clip_norm)
    : state_(std::make_unique<State>(network, weight_decay, clip_norm)) {}

Optimizer::~Optimizer() = default;

double Optimizer::step(double learning_rate) {
  auto& group = state_->adamw.param_groups().front();
  static_cast<torch::optim::AdamWOptions&>(group.options()).lr(learning_rate);
  const double norm = torch::nn::utils::clip_grad_norm_(group.params(), state_->clip_norm);
  if (!std::isfinite(norm)) return norm;
  state_->adamw.step();
  ++steps_;
  return norm;
}

std::vector<nn::NamedTensor> Optimizer::moments() const {
  std::vector<nn::NamedTensor> moments;
  if (steps_ == 0) return moments;
  const auto& states = state_->adamw.state();
  for (const auto& [name, parameter] : state_->network.state().parameters()) {
    const auto found = states.find(key_of(parameter));
    SCTAB_ASSERT(found != states.end());
    const auto& state = static_cast<const ParamState&>(*found->second);
    moments.push_back({std::string(kMean) + name, state.exp_avg()});
    moments.push_back({std::string(kSquare) + name, state.exp_avg_sq()});
  }
  return moments;
}

void Optimizer::restore(std::int64_t steps, const std::vector<nn::NamedTensor>& moments, std::string_view source) {
  steps_ = steps;
  state_->adamw.state().clear();
  if (steps == 0) return;
  std::unordered_map<std::string, at::Tensor> by_name;
  for (const auto& [name, tensor] : moments) by_name.emplace(name, tensor);
  for (const auto& [name, parameter] : state_->network.state().parameters()) {
    auto state = std::make_unique<ParamState>();
    state->step(steps);
    const auto moment = [&, &parameter = parameter](std::string key) {
      const auto found = by_name.find(key);
      if (found == by_name.end() || found->second.sizes() != parameter.sizes()) {
        throw core::InputError(
            fmt::format("{}: the optimiser's {} is missing or not of the size of the network's; "
                        "remove the run's folder to start anew",
                        source, key));
      }
      return found->second.clone();
    };
    state->exp_avg(moment(std::string(kMean) + name));
    state->exp_avg_sq(moment(std::string(kSquare) + name));
    state_->adamw.state()[key_of(parameter)] = std::move(state);
  }
}

}  // namespace sctab::train
