#include <torch/csrc/autograd/custom_function.h>

#include "sctab/nn/mask_activation.hpp"
#include "sctab/nn/simplex_rows.hpp"

namespace sctab::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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
};

struct Sparsemax : torch::autograd::Function<Sparsemax> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& z) {
    at::Tensor p = map_rows_to_simplex<SparsemaxRow>(z);
    context->save_for_backward({p});
    return p;
  }

  // dz = dp − mean of dp over the support, inside the support.
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor p = context->get_saved_variables()[0];
    const at::Tensor support = (p > 0).to(p.scalar_type());
    at::Tensor dz = gradients[0] * support;
    const at::Tensor mean = dz.sum(1, true) / support.sum(1, true);
    return {dz.sub_(support * mean)};
  }
};

}  // namespace

at::Tensor sparsemax(const at::Tensor& z) {
  return Sparsemax::apply(z);
}

}  // namespace sctab::nn
