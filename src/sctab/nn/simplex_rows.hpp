#pragma once

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace sctab::nn {

/// Maps each row z to f(u − tau), u = scale · (z − max(z)), where f is zero below 0 and the row sums to 1: the shape
/// that entmax and sparsemax share. tau >= −1, so only entries with u >= −1 count, and no whole row is sorted.
///   threshold(descending): tau from those u
///   value(excess): f of a positive excess over tau
/// Arithmetic is in the type of z and in the published code's order, sums in double as torch's cumsum has them:
/// training amplifies the last bit, and this way it is the published one. z: rows × columns, float or double, on the
/// CPU. A row with NaN or an infinite maximum becomes NaN.
template <typename Threshold, typename Value>
at::Tensor map_rows_to_simplex(const at::Tensor& z, double scale, Threshold threshold, Value value) {
  TORCH_CHECK(z.dim() == 2 && z.size(1) > 0 && z.device().is_cpu(), "expected a matrix with columns, on the CPU");
  const at::Tensor input = z.contiguous();
  const at::Tensor maxima = input.amax(1);
  at::Tensor output = at::zeros_like(input);
  AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "map_rows_to_simplex", [&] {
    const auto width = static_cast<std::size_t>(input.size(1));
    const auto factor = static_cast<scalar_t>(scale);
    std::vector<scalar_t> near_maximum;
    for (std::int64_t row = 0; row < input.size(0); ++row) {
      const std::span<const scalar_t> from(input.data_ptr<scalar_t>() + row * input.size(1), width);
      const std::span<scalar_t> to(output.data_ptr<scalar_t>() + row * input.size(1), width);
      const scalar_t max = maxima.data_ptr<scalar_t>()[row];
      if (!std::isfinite(max)) {
        std::fill(to.begin(), to.end(), std::numeric_limits<scalar_t>::quiet_NaN());
        continue;
      }
      near_maximum.clear();
      for (const scalar_t v : from) {
        const scalar_t u = (v - max) * factor;
        if (u >= -1) near_maximum.push_back(u);
      }
      std::sort(near_maximum.begin(), near_maximum.end(), std::greater<>());
      const scalar_t tau = threshold(std::span<const scalar_t>(near_maximum));
      for (std::size_t i = 0; i < width; ++i) {
        const scalar_t excess = (from[i] - max) * factor - tau;
        if (excess > 0) to[i] = value(excess);
      }
    }
  });
  return output;
}

}  // namespace sctab::nn
