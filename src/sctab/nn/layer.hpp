#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "sctab/nn/network_state.hpp"

namespace sctab::kernels {
struct Backend;
}

namespace sctab::nn {

enum class LayerMode {
  kTrain,     // batch statistics, which also move the running ones; dropout
  kEval,      // running statistics; no dropout
  kEstimate,  // batch statistics, which are merged into the running ones exactly; no dropout
};

/// How the layers are to treat one batch.
struct LayerPass {
  LayerMode mode = LayerMode::kTrain;
  std::int64_t cells_before = 0;              // kEstimate: the cells in the running statistics so far
  const kernels::Backend* kernels = nullptr;  // what computes
};

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
  /// glu_weight() with variance 1 / sqrt(n_in), for attention and the final mapping.
  [[nodiscard]] at::Tensor mapping_weight(std::int64_t n_in, std::int64_t n_out) const;
  /// Uniform within ±1 / sqrt(n_in), of any shape: what torch gives weights and biases of linear layers.
  [[nodiscard]] at::Tensor uniform(at::IntArrayRef shape, std::int64_t n_in) const;

 private:
  [[nodiscard]] std::string full_name(std::string_view name) const;

  NetworkState* state_;
  at::Generator generator_;
  std::string prefix_;
};

/// The same values, n_out × n_genes as published, in memory that holds one gene after the other: what a cell's
/// non-zeros select. Copies, conversions and gradients keep this order.
inline at::Tensor gene_major(const at::Tensor& weight) {
  return weight.t().contiguous().t();
}

}  // namespace sctab::nn
