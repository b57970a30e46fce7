#include "sctab/baselines/softmax_regression.hpp"

#include <algorithm>
#include <cmath>

#include "sctab/kernels/dense_product.hpp"

namespace sctab::baselines {

std::vector<float> logits_of(std::span<const float> inputs, std::span<const float> weight,
                             std::span<const float> bias) {
  const std::size_t n_types = bias.size(), depth = weight.size() / n_types;
  std::vector<float> logits(inputs.size() / depth * n_types);
  if (!logits.empty()) kernels::product_transposed(inputs, weight, static_cast<std::int64_t>(depth), logits);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] += bias[i % n_types];
  return logits;
}

void SoftmaxRegression::Trained::step(const kernels::AdamWOptions& options, std::int64_t step) {
  const kernels::AdamWTensor tensor{gradient, value, exp_avg, exp_avg_sq};
  kernels::adamw_step(options, step, 1.0F, {&tensor, 1});
}

SoftmaxRegression::SoftmaxRegression(std::size_t depth, CellsPerType cells_per_type, std::vector<double> class_weights)
    : weight_(cells_per_type.size() * depth),
      bias_(cells_per_type.size()),
      cells_per_type_(std::move(cells_per_type)),
      class_weights_(std::move(class_weights)) {}

double SoftmaxRegression::step(std::span<const float> inputs, std::span<const core::TypeIndex> types,
                               kernels::AdamWOptions options) {
  const std::size_t n_types = bias_.value.size();
  std::vector<float> gradient = softmax(logits_of(inputs, weight_.value, bias_.value), cells_per_type_);
  double loss = 0, total = 0;
  for (const core::TypeIndex type : types) total += class_weights_[static_cast<std::size_t>(type)];
  std::ranges::fill(bias_.gradient, 0.0F);
  for (std::size_t cell = 0; cell < types.size(); ++cell) {
    const auto type = static_cast<std::size_t>(types[cell]);
    const double share = class_weights_[type] / total;
    float* row = gradient.data() + cell * n_types;
    loss -= share * std::log(std::max(1e-30, static_cast<double>(row[type])));
    row[type] -= 1;
    for (std::size_t i = 0; i < n_types; ++i) bias_.gradient[i] += row[i] *= static_cast<float>(share);
  }
  kernels::transposed_product(gradient, inputs, std::ssize(types), weight_.gradient);
  weight_.step(options, ++steps_);
  options.weight_decay = 0;
  bias_.step(options, steps_);
  return loss;
}

}  // namespace sctab::baselines
