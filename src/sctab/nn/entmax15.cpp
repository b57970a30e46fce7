#include <torch/csrc/autograd/custom_function.h>

#include "sctab/nn/mask_activation.hpp"
#include "sctab/nn/simplex_rows.hpp"

namespace sctab::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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
};

struct Entmax15 : torch::autograd::Function<Entmax15> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& z) {
    at::Tensor p = map_rows_to_simplex<Entmax15Row>(z);
    context->save_for_backward({p});
    return p;
  }

  // dz = s·(dp − sum(s·dp) / sum(s)) with s = sqrt(p), which is zero outside the support.
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor root = context->get_saved_variables()[0].sqrt();
    at::Tensor dz = gradients[0] * root;
    const at::Tensor mean = dz.sum(1, true) / root.sum(1, true);
    return {dz.sub_(root * mean)};
  }
};

}  // namespace

at::Tensor entmax15(const at::Tensor& z) {
  return Entmax15::apply(z);
}

}  // namespace sctab::nn
