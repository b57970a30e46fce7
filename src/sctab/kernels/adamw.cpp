#include "sctab/kernels/adamw.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/kernels/cpu/adamw.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::size_t kValuesPerTask = 1 << 16;

// Parts of the tensors of about one size, so that a hundred small ones and a large one keep all threads busy.
struct Part {
  std::size_t tensor, first, size;
};

std::vector<Part> cut(std::span<const AdamWTensor> tensors) {
  std::vector<Part> parts;
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const AdamWTensor& tensor = tensors[t];
    const std::size_t n = tensor.gradient.size();
    SCTAB_ASSERT(tensor.parameter.size() == n && tensor.exp_avg.size() == n && tensor.exp_avg_sq.size() == n);
    for (std::size_t first = 0; first < n; first += kValuesPerTask) {
      parts.push_back({t, first, std::min(kValuesPerTask, n - first)});
    }
  }
  return parts;
}

// Runs task(part) for all parts, several small ones in one go.
template <typename Task>
void for_each_part(const std::vector<Part>& parts, const Task& task) {
  std::vector<std::size_t> starts;  // of groups of parts that together have a part's size
  std::size_t size = kValuesPerTask;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (size + parts[i].size > kValuesPerTask) {
      starts.push_back(i);
      size = 0;
    }
    size += parts[i].size;
  }
  starts.push_back(parts.size());
  parallel_for(std::ssize(starts) - 1, [&](std::int64_t group) {
    const auto g = static_cast<std::size_t>(group);
    for (std::size_t i = starts[g]; i < starts[g + 1]; ++i) task(i);
  });
}

}  // namespace

void adamw_step(const AdamWOptions& options, std::int64_t step, float gradient_scale,
                std::span<const AdamWTensor> tensors) {
  SCTAB_ASSERT(step >= 1);
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
  const std::vector<Part> parts = cut(tensors);
  for_each_part(parts, [&](std::size_t i) {
    const auto [tensor, first, size] = parts[i];
    const AdamWTensor& of = tensors[tensor];
    cpu::adamw(factors, static_cast<std::int64_t>(size), of.gradient.data() + first,
               {of.parameter.data() + first, of.exp_avg.data() + first, of.exp_avg_sq.data() + first});
  });
}

double sum_of_squares(std::span<const AdamWTensor> tensors) {
  const std::vector<Part> parts = cut(tensors);
  std::vector<double> sums(parts.size());
  for_each_part(parts, [&](std::size_t i) {
    const float* values = tensors[parts[i].tensor].gradient.data() + parts[i].first;
    sums[i] = cpu::sum_of_squares(values, static_cast<std::int64_t>(parts[i].size));
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

float clip_scale(double norm, double max_norm) {
  const double scale = max_norm / (norm + 1e-6);
  return scale > 1 ? 1.0F : static_cast<float>(scale);
}

}  // namespace sctab::kernels
