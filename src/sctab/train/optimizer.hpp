#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sctab/nn/network.hpp"

namespace sctab::train {

/// torch's AdamW over a network's parameters, with its moments by parameter name.
class Optimizer {
 public:
  /// network: outlives this.
  Optimizer(nn::Network& network, double weight_decay, double clip_norm);
  ~Optimizer();
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Scales the gradients such that the norm over all of them is clip_norm at most, and takes one step. Returns the
  /// norm before. Without a step where that norm is not finite.
  double step(double learning_rate);

  [[nodiscard]] std::int64_t steps() const { return steps_; }
  /// "exp_avg/NAME" and "exp_avg_sq/NAME" of each parameter; empty before the first step. Handles, not copies.
  [[nodiscard]] std::vector<nn::NamedTensor> moments() const;
  /// What moments() gave after `steps` steps. Throws InputError naming `source` and a tensor that is missing or of
  /// another shape.
  void restore(std::int64_t steps, const std::vector<nn::NamedTensor>& moments, std::string_view source);

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::int64_t steps_ = 0;
};

}  // namespace sctab::train
