#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sctab/nn/network.hpp"

namespace sctab::train {

/// AdamW with decoupled weight decay over a network's parameters, after clipping the gradient's norm: two passes over
/// the gradients, one over everything else. The same bits for any number of threads.
class Optimizer {
 public:
  /// network: float32; outlives this.
  Optimizer(nn::Network& network, double weight_decay, double clip_norm);

  /// Takes one step by the gradients scaled such that the norm over all of them is clip_norm at most; they themselves
  /// stay, and parameters without one too. Returns the norm before. Without a step where that norm is not finite.
  double step(double learning_rate);

  [[nodiscard]] std::int64_t steps() const { return steps_; }
  /// "exp_avg/NAME" and "exp_avg_sq/NAME" of each parameter; empty before the first step. Handles, not copies.
  [[nodiscard]] std::vector<nn::NamedTensor> moments() const;
  /// What moments() gave after `steps` steps. Throws InputError naming `source` and a tensor that is missing or of
  /// another shape.
  void restore(std::int64_t steps, const std::vector<nn::NamedTensor>& moments, std::string_view source);

 private:
  struct Trained {
    nn::NamedTensor parameter;
    at::Tensor exp_avg, exp_avg_sq;  // in the parameter's order of memory
  };
  const nn::Network* network_;
  std::vector<Trained> trained_;
  double weight_decay_, clip_norm_;
  std::int64_t steps_ = 0;
};

}  // namespace sctab::train
