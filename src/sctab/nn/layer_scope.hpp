#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "sctab/nn/layer_mode.hpp"
#include "sctab/nn/network_state.hpp"

namespace sctab::nn {

/// The place of a layer in a network while it is built: the prefix of its tensors' names, where they are registered,
/// and the generator of initial weights. `scope / "encoder" / 0` is the place called "encoder.0".
class LayerScope {
 public:
  LayerScope(NetworkState& state, at::Generator generator) : state_(&state), generator_(std::move(generator)) {}

  LayerScope operator/(std::string_view child) const;
  LayerScope operator/(std::int64_t child) const { return *this / std::to_string(child); }

  /// Registers `initial` as a trained parameter and returns it.
  at::Tensor parameter(std::string_view name, at::Tensor initial) const;
  at::Tensor buffer(std::string_view name, at::Tensor initial) const;
  /// Registers one more name of a parameter.
  void tie(std::string_view name, const at::Tensor& tensor) const;

  /// A weight (n_out × n_in), normal with variance 2 / sqrt(n_in), of a layer before a gate: TabNet's own choice.
  [[nodiscard]] at::Tensor glu_weight(std::int64_t n_in, std::int64_t n_out) const;
  /// As glu_weight, with variance 1 / sqrt(n_in): attention and the final mapping.
  [[nodiscard]] at::Tensor mapping_weight(std::int64_t n_in, std::int64_t n_out) const;
  /// Uniform within ±1 / sqrt(n_in), of any shape: what torch gives weights and biases of linear layers.
  [[nodiscard]] at::Tensor uniform(at::IntArrayRef shape, std::int64_t n_in) const;

 private:
  [[nodiscard]] std::string full_name(std::string_view name) const;

  NetworkState* state_;
  at::Generator generator_;
  std::string prefix_;
};

/// A linear layer with bias, initialised as torch does: "weight" (n_out × n_in) and "bias".
struct LinearLayer {
  LinearLayer(const LayerScope& scope, std::int64_t n_in, std::int64_t n_out);
  /// x: cells × n_in. Returns cells × n_out.
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const LayerPass& pass) const;

  at::Tensor weight, bias;
};

}  // namespace sctab::nn
