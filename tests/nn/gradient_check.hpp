#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

namespace sctab::nn::tests {

/// Compares the gradient of a scalar function with central differences, in double, at up to `n_probes` entries spread
/// over `variable`. Errors are in parts of the largest gradient found (or 1e-3, where that is smaller).
inline void expect_gradient(const std::function<at::Tensor()>& function, at::Tensor variable, const std::string& name,
                            double tolerance = 1e-6, std::int64_t n_probes = 40) {
  constexpr double kStep = 1e-6;
  variable.requires_grad_(true);
  variable.mutable_grad().reset();
  function().backward();
  // In the variable's own order of memory, which need not be row-major.
  const at::Tensor gradient = at::empty_like(variable).copy_(variable.grad()).detach();
  const double scale = std::max(gradient.abs().max().item<double>(), 1e-3);

  const at::NoGradGuard no_gradient;
  double* const values = variable.data_ptr<double>();
  const std::int64_t stride = std::max<std::int64_t>(1, variable.numel() / n_probes);
  for (std::int64_t i = 0; i < variable.numel(); i += stride) {
    const double at_i = values[i];
    values[i] = at_i + kStep;
    const double above = function().item<double>();
    values[i] = at_i - kStep;
    const double below = function().item<double>();
    values[i] = at_i;
    const double expected = (above - below) / (2 * kStep), found = gradient.data_ptr<double>()[i];
    if (!(std::abs(found - expected) <= tolerance * scale)) {
      ADD_FAILURE() << name << "[" << i << "]: gradient " << found << ", by differences " << expected;
    }
  }
}

}  // namespace sctab::nn::tests
