#pragma once

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

namespace sctab::nn {

/// Maps each row z to f(scale · (z − max) − tau), where f is zero below 0 and the row sums to 1: the shape that entmax
/// and sparsemax share. tau >= −1, so only entries within 1 of the (scaled) maximum count, and no whole row is sorted.
///   threshold(candidates): tau from those entries, descending, in double
///   value(excess): f of a positive excess over tau
/// z: rows × columns, float or double, on the CPU. A row with NaN or an infinite maximum becomes NaN.
template <typename Threshold, typename Value>
at::Tensor map_rows_to_simplex(const at::Tensor& z, double scale, Threshold threshold, Value value) {
  TORCH_CHECK(z.dim() == 2 && z.device().is_cpu(), "expected a matrix on the CPU");
  const at::Tensor input = z.contiguous();
  const at::Tensor maxima = input.amax(1);
  at::Tensor output = at::zeros_like(input);
  AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "map_rows_to_simplex", [&] {
    const auto width = static_cast<std::size_t>(input.size(1));
    std::vector<double> candidates;
    for (std::int64_t row = 0; row < input.size(0); ++row) {
      const std::span<const scalar_t> from(input.data_ptr<scalar_t>() + row * input.size(1), width);
      const std::span<scalar_t> to(output.data_ptr<scalar_t>() + row * input.size(1), width);
      const auto max = static_cast<double>(maxima.data_ptr<scalar_t>()[row]);
      if (!std::isfinite(max)) {
        std::fill(to.begin(), to.end(), std::numeric_limits<scalar_t>::quiet_NaN());
        continue;
      }
      const auto floor = static_cast<scalar_t>(max - 1 / scale);
      candidates.clear();
      for (const scalar_t v : from) {
        if (v >= floor) candidates.push_back(scale * (static_cast<double>(v) - max));
      }
      std::sort(candidates.begin(), candidates.end(), std::greater<>());
      const double tau = threshold(std::span<const double>(candidates));
      for (std::size_t i = 0; i < width; ++i) {
        if (!(from[i] >= floor)) continue;
        const double excess = scale * (static_cast<double>(from[i]) - max) - tau;
        if (excess > 0) to[i] = static_cast<scalar_t>(value(excess));
      }
    }
  });
  return output;
}

}  // namespace sctab::nn
