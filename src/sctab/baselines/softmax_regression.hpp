#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/baselines/type_scores.hpp"
#include "sctab/core/index.hpp"
#include "sctab/kernels/adamw.hpp"

namespace sctab::baselines {

/// inputs · weightᵀ + bias. inputs: n × depth; weight: n_types × depth. Returns n × n_types.
std::vector<float> logits_of(std::span<const float> inputs, std::span<const float> weight, std::span<const float> bias);

/// Softmax regression with weighted cross-entropy over the types that have training cells, by AdamW, one step a batch.
class SoftmaxRegression {
 public:
  /// class_weights: one a type. All weights start at 0.
  SoftmaxRegression(std::size_t depth, CellsPerType cells_per_type, std::vector<double> class_weights);

  /// inputs: n × depth; types: n. The penalty is not of the bias. Returns the batch's loss before the step.
  double step(std::span<const float> inputs, std::span<const core::TypeIndex> types, kernels::AdamWOptions options);

  [[nodiscard]] const std::vector<float>& weight() const { return weight_.value; }  // n_types × depth
  [[nodiscard]] const std::vector<float>& bias() const { return bias_.value; }

 private:
  /// A parameter and AdamW's moments of it.
  struct Trained {
    std::vector<float> value, gradient, exp_avg, exp_avg_sq;

    explicit Trained(std::size_t size) : value(size), gradient(size), exp_avg(size), exp_avg_sq(size) {}
    void step(const kernels::AdamWOptions& options, std::int64_t step);
  };

  Trained weight_, bias_;
  CellsPerType cells_per_type_;
  std::vector<double> class_weights_;
  std::int64_t steps_ = 0;
};

}  // namespace sctab::baselines
