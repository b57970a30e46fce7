// The layers after the first, and the optimizer. The argument is the number of threads.
#include "paper_step.hpp"
#include "sctab/kernels/dense_product.hpp"
#include "sctab/kernels/gates.hpp"

namespace sctab::bench {
namespace {

using P = PaperStep;

constexpr double kGluFlops = 2.0 * P::kCells * P::kHidden * P::kWidth;
constexpr double kWidthBytes = 4.0 * P::kCells * P::kWidth;

void product_transposed(benchmark::State& state) {
  P& p = paper_step();
  measure(state, {kGluFlops, 0}, [&] { kernels::product_transposed(p.out, p.glu_weights, P::kWidth, p.hidden); });
}

void product(benchmark::State& state) {
  P& p = paper_step();
  measure(state, {kGluFlops, 0}, [&] { kernels::product(p.dhidden, p.glu_weights, P::kHidden, 0.7F, p.dout); });
}

void transposed_product(benchmark::State& state) {
  P& p = paper_step();
  Floats dglu_weights(p.glu_weights.size());
  measure(state, {kGluFlops, 0}, [&] { kernels::transposed_product(p.dhidden, p.out, P::kCells, dglu_weights); });
}

void column_statistics(benchmark::State& state) {
  P& p = paper_step();
  measure(state, {0, 2 * kWidthBytes},
          [&] { kernels::column_statistics(p.hidden, P::kHidden, p.starts, p.gate_mean, p.gate_variance); });
}

void gated_norm(benchmark::State& state) {
  P& p = paper_step();
  measure(state, {0, 4 * kWidthBytes}, [&] { kernels::gated_norm(p.hidden, p.gate_norm(), p.dout, p.out); });
}

void gated_norm_backward(benchmark::State& state) {
  P& p = paper_step();
  measure(state, {0, 5 * kWidthBytes}, [&] {
    kernels::gated_norm_backward(p.hidden, p.gate_norm(), true, p.dout, {p.dhidden, p.dgate_weight, p.dgate_bias});
  });
}

void sum_of_squares(benchmark::State& state) {
  P& p = paper_step();
  const std::vector<kernels::AdamWTensor> tensors{{p.dweights, p.dweights, p.dweights, p.dweights}};
  measure(state, {0, 4.0 * static_cast<double>(p.dweights.size())},
          [&] { benchmark::DoNotOptimize(kernels::sum_of_squares(tensors)); });
}

void adamw_step(benchmark::State& state) {
  P& p = paper_step();
  Floats exp_avg(p.weights.size()), exp_avg_sq(p.weights.size()), weights = p.weights;
  const std::vector<kernels::AdamWTensor> tensors{{p.dweights, weights, exp_avg, exp_avg_sq}};
  measure(state, {0, 4.0 * 7 * static_cast<double>(p.weights.size())}, [&] { kernels::adamw_step({}, 1, 1, tensors); });
}

#define SCTAB_BENCHMARK(name) BENCHMARK(name)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime()
SCTAB_BENCHMARK(product_transposed);
SCTAB_BENCHMARK(product);
SCTAB_BENCHMARK(transposed_product);
SCTAB_BENCHMARK(column_statistics);
SCTAB_BENCHMARK(gated_norm);
SCTAB_BENCHMARK(gated_norm_backward);
SCTAB_BENCHMARK(sum_of_squares);
SCTAB_BENCHMARK(adamw_step);

}  // namespace
}  // namespace sctab::bench
