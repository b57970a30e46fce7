#pragma once

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace sctab::nn {

/// Drops what lies surely under tau, so that few values are left to sort: untrained masks bring thousands a row.
/// newton_step(values, t): how far t may grow and still be a lower bound of tau. values: all >= −1, not empty.
template <typename T, typename NewtonStep>
void drop_below_threshold(std::vector<T>& values, NewtonStep newton_step) {
  constexpr int kSteps = 4;  // more cost more than they save
  constexpr T kRounding = static_cast<T>(1e-5);
  T t = -1;
  for (int i = 0; i < kSteps; ++i) {
    t += std::max(newton_step(std::span<const T>(values), t), T{0});
    std::erase_if(values, [t](T value) { return value < t - kRounding; });
  }
}

/// One row of map_rows_to_simplex: `to` is zero before; near_maximum is working memory.
template <typename Activation, typename T>
void map_row_to_simplex(std::span<const T> from, T max, std::vector<T>& near_maximum, std::span<T> to) {
  if (!std::isfinite(max)) {
    std::fill(to.begin(), to.end(), std::numeric_limits<T>::quiet_NaN());
    return;
  }
  constexpr auto kFactor = static_cast<T>(Activation::kScale);
  near_maximum.clear();
  for (const T v : from) {
    const T u = (v - max) * kFactor;
    if (u >= -1) near_maximum.push_back(u);
  }
  drop_below_threshold(near_maximum, Activation::template newton_step<T>);
  std::sort(near_maximum.begin(), near_maximum.end(), std::greater<>());
  const T tau = Activation::threshold(std::span<const T>(near_maximum));
  for (std::size_t i = 0; i < from.size(); ++i) {
    const T excess = (from[i] - max) * kFactor - tau;
    if (excess > 0) to[i] = Activation::value(excess);
  }
}

/// Maps each row z to f(u − tau), u = scale · (z − max(z)), where f is zero below 0 and the row sums to 1: the shape
/// that entmax and sparsemax share (Activation below). tau >= −1, so only entries with u >= −1 count, and no whole row
/// is sorted. Rows run in parallel; the result does not depend on the threads.
///   Activation::kScale; threshold(descending): tau from those u; newton_step(values, t): see drop_below_threshold;
///   value(excess): f of a positive excess over tau
/// Arithmetic is in the type of z and in the published code's order, sums in double as torch's cumsum has them:
/// training amplifies the last bit, and this way it is the published one. z: rows × columns, float or double, on the
/// CPU. A row with NaN or an infinite maximum becomes NaN.
template <typename Activation>
at::Tensor map_rows_to_simplex(const at::Tensor& z) {
  TORCH_CHECK(z.dim() == 2 && z.size(1) > 0 && z.device().is_cpu(), "expected a matrix with columns, on the CPU");
  const at::Tensor input = z.contiguous();
  const at::Tensor maxima = input.amax(1);
  at::Tensor output = at::zeros_like(input);
  AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "map_rows_to_simplex", [&] {
    const auto width = static_cast<std::size_t>(input.size(1));
    at::parallel_for(0, input.size(0), 4, [&](std::int64_t begin, std::int64_t end) {
      std::vector<scalar_t> near_maximum;
      for (std::int64_t row = begin; row < end; ++row) {
        const std::span<const scalar_t> from(input.data_ptr<scalar_t>() + row * input.size(1), width);
        const std::span<scalar_t> to(output.data_ptr<scalar_t>() + row * input.size(1), width);
        map_row_to_simplex<Activation>(from, maxima.data_ptr<scalar_t>()[row], near_maximum, to);
      }
    });
  });
  return output;
}

}  // namespace sctab::nn
