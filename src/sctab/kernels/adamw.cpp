#include "sctab/kernels/adamw.hpp"

#include <cmath>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/kernels/cpu/adamw.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kValuesPerTask = 1 << 16;

}  // namespace

void adamw_step(const AdamWOptions& options, std::int64_t step, float gradient_scale, std::span<const float> gradient,
                std::span<float> parameter, std::span<float> exp_avg, std::span<float> exp_avg_sq) {
  SCTAB_ASSERT(step >= 1 && gradient.size() == parameter.size());
  SCTAB_ASSERT(exp_avg.size() == parameter.size() && exp_avg_sq.size() == parameter.size());
  const auto t = static_cast<double>(step);
  const double correction1 = 1 - std::pow(options.beta1, t), correction2 = 1 - std::pow(options.beta2, t);
  const cpu::AdamWFactors factors{gradient_scale,
                                  static_cast<float>(1 - options.learning_rate * options.weight_decay),
                                  static_cast<float>(options.beta1),
                                  static_cast<float>(1 - options.beta1),
                                  static_cast<float>(options.beta2),
                                  static_cast<float>(1 - options.beta2),
                                  static_cast<float>(1 / std::sqrt(correction2)),
                                  static_cast<float>(options.epsilon),
                                  static_cast<float>(options.learning_rate / correction1)};
  parallel_blocks(std::ssize(parameter), kValuesPerTask, [&](std::int64_t first, std::int64_t last) {
    cpu::adamw(factors, last - first, gradient.data() + first,
               {parameter.data() + first, exp_avg.data() + first, exp_avg_sq.data() + first});
  });
}

double sum_of_squares(std::span<const float> values) {
  std::vector<double> parts((values.size() + kValuesPerTask - 1) / kValuesPerTask);
  parallel_blocks(std::ssize(values), kValuesPerTask, [&](std::int64_t first, std::int64_t last) {
    parts[static_cast<std::size_t>(first / kValuesPerTask)] = cpu::sum_of_squares(values.data() + first, last - first);
  });
  double total = 0;
  for (const double part : parts) total += part;
  return total;
}

float clip_scale(double norm, double max_norm) {
  const double scale = max_norm / (norm + 1e-6);
  return scale > 1 ? 1.0F : static_cast<float>(scale);
}

}  // namespace sctab::kernels
