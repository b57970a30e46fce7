#include "support/mask_activation.hpp"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace sctab::tests {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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
///   value(excess): f of a positive excess over tau; slope(p): df/dz, but for a factor, of weights p
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

struct Entmax15Row {
  static constexpr double kScale = 0.5;

  // With k entries u in the support, sum((u − tau)²) = 1 has the root mean − sqrt((1 − k·var) / k). The support is the
  // longest prefix that lies above its own tau.
  template <typename T>
  static T threshold(std::span<const T> descending) {
    double sum = 0, sum_of_squares = 0;
    T tau = -1, k = 0;
    for (const T u : descending) {
      k += 1;
      sum += static_cast<double>(u);
      sum_of_squares += static_cast<double>(u * u);
      const T mean = static_cast<T>(sum) / k, mean_of_squares = static_cast<T>(sum_of_squares) / k;
      const T delta = (1 - k * (mean_of_squares - mean * mean)) / k;
      const T tau_of_prefix = mean - std::sqrt(std::max(delta, T{0}));
      if (tau_of_prefix > u) break;
      tau = tau_of_prefix;
    }
    return tau;
  }

  // The 2-norm of the excess, which must be 1, is convex in t and falls: Newton's steps from below never pass the root.
  template <typename T>
  static T newton_step(std::span<const T> values, T t) {
    T sum = 0, squares = 0;
    for (const T value : values) {
      const T excess = std::max(value - t, T{0});
      sum += excess;
      squares += excess * excess;
    }
    const T norm = std::sqrt(squares);
    return sum > 0 ? (norm - 1) * norm / sum : T{0};
  }

  template <typename T>
  static T value(T excess) {
    return excess * excess;
  }

  /// dz = s·(dp − sum(s·dp) / sum(s)), which is zero outside the support.
  static at::Tensor slope(const at::Tensor& p) { return p.sqrt(); }
};

struct SparsemaxRow {
  static constexpr double kScale = 1.0;

  // With k entries u in the support, tau = (sum − 1) / k. The support is the longest prefix that lies above its own
  // tau.
  template <typename T>
  static T threshold(std::span<const T> descending) {
    double sum = 0;
    T tau = -1, k = 0;
    for (const T u : descending) {
      k += 1;
      sum += static_cast<double>(u);
      const T above_one = static_cast<T>(sum) - 1;
      if (!(k * u > above_one)) break;
      tau = above_one / k;
    }
    return tau;
  }

  // The sum of the excess, which must be 1, is convex in t and falls: Newton's steps from below never pass the root.
  template <typename T>
  static T newton_step(std::span<const T> values, T t) {
    T sum = 0, count = 0;
    for (const T value : values) {
      sum += std::max(value - t, T{0});
      count += value > t ? T{1} : T{0};
    }
    return count > 0 ? (sum - 1) / count : T{0};
  }

  template <typename T>
  static T value(T excess) {
    return excess;
  }

  /// As of Entmax15Row: the mean of dp is that over the support.
  static at::Tensor slope(const at::Tensor& p) { return (p > 0).to(p.scalar_type()); }
};

template <typename Activation>
struct MapToSimplex : torch::autograd::Function<MapToSimplex<Activation>> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& z) {
    at::Tensor p = map_rows_to_simplex<Activation>(z);
    context->save_for_backward({p});
    return p;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor slope = Activation::slope(context->get_saved_variables()[0]);
    at::Tensor dz = gradients[0] * slope;
    const at::Tensor mean = dz.sum(1, true) / slope.sum(1, true);
    return {dz.sub_(slope * mean)};
  }
};

}  // namespace

at::Tensor entmax15(const at::Tensor& z) {
  return MapToSimplex<Entmax15Row>::apply(z);
}

at::Tensor sparsemax(const at::Tensor& z) {
  return MapToSimplex<SparsemaxRow>::apply(z);
}

}  // namespace sctab::tests
