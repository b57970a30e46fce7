#include "sctab/train/optimizer.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/nn/differentiable.hpp"

namespace sctab::train {
namespace {

using nn::values_in_memory;

constexpr std::string_view kMean = "exp_avg/", kSquare = "exp_avg_sq/";

/// The gradient in its parameter's order of memory.
at::Tensor gradient_of(const at::Tensor& parameter) {
  const at::Tensor& gradient = parameter.grad();
  if (!gradient.defined() || gradient.strides() == parameter.strides()) return gradient;
  return at::empty_like(parameter).detach().copy_(gradient);
}

}  // namespace

Optimizer::Optimizer(nn::Network& network, double weight_decay, double clip_norm)
    : network_(&network), weight_decay_(weight_decay), clip_norm_(clip_norm) {
  for (const nn::NamedTensor& parameter : network.state().parameters()) {
    const at::Tensor values = parameter.tensor.detach();
    trained_.push_back({parameter, at::zeros_like(values), at::zeros_like(values)});
  }
}

double Optimizer::step(double learning_rate) {
  const kernels::Backend& kernels = network_->kernels();
  std::vector<at::Tensor> gradients;  // kept until the step is done
  std::vector<kernels::AdamWTensor> tensors;
  for (const Trained& trained : trained_) {
    gradients.push_back(gradient_of(trained.parameter.tensor));
    if (!gradients.back().defined()) continue;
    tensors.push_back({values_in_memory(gradients.back()), values_in_memory(trained.parameter.tensor),
                       values_in_memory(trained.exp_avg), values_in_memory(trained.exp_avg_sq)});
  }
  const double norm = std::sqrt(kernels.sum_of_squares(tensors));
  if (!std::isfinite(norm)) return norm;
  ++steps_;
  const kernels::AdamWOptions options{.learning_rate = learning_rate, .weight_decay = weight_decay_};
  kernels.adamw_step(options, steps_, kernels::clip_scale(norm, clip_norm_), tensors);
  return norm;
}

std::vector<nn::NamedTensor> Optimizer::moments() const {
  std::vector<nn::NamedTensor> moments;
  if (steps_ == 0) return moments;
  for (const auto& [parameter, exp_avg, exp_avg_sq] : trained_) {
    moments.push_back({std::string(kMean) + parameter.name, exp_avg});
    moments.push_back({std::string(kSquare) + parameter.name, exp_avg_sq});
  }
  return moments;
}

void Optimizer::restore(std::int64_t steps, const std::vector<nn::NamedTensor>& moments, std::string_view source) {
  steps_ = steps;
  for (const auto& [parameter, exp_avg, exp_avg_sq] : trained_) {
    for (const auto& [prefix, moment] : {std::pair(kMean, exp_avg), std::pair(kSquare, exp_avg_sq)}) {
      if (steps == 0) {
        moment.zero_();
        continue;
      }
      const std::string name = std::string(prefix) + parameter.name;
      const auto found = std::ranges::find(moments, name, &nn::NamedTensor::name);
      if (found == moments.end() || found->tensor.sizes() != moment.sizes()) {
        throw core::InputError({.file = std::string(source),
                                .subject = name,
                                .found = "missing, or not of the size of the network's",
                                .next_step = "remove the run's folder to start again"});
      }
      moment.copy_(found->tensor);
    }
  }
}

}  // namespace sctab::train
