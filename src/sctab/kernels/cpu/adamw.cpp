#include "sctab/kernels/cpu/adamw.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sctab/kernels/cpu/adamw.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file again for each target, and must come first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Values whose squares are added in float before the sum goes on in double.
constexpr std::int64_t kRun = 4096;

template <typename D>
HWY_INLINE void update(D d, const AdamWFactors& factors, const float* HWY_RESTRICT gradient,
                       float* HWY_RESTRICT parameter, float* HWY_RESTRICT exp_avg, float* HWY_RESTRICT exp_avg_sq) {
  const auto g = hn::Mul(hn::LoadU(d, gradient), hn::Set(d, factors.gradient));
  const auto first =
      hn::MulAdd(g, hn::Set(d, factors.one_minus_beta1), hn::Mul(hn::LoadU(d, exp_avg), hn::Set(d, factors.beta1)));
  const auto second = hn::MulAdd(hn::Mul(g, g), hn::Set(d, factors.one_minus_beta2),
                                 hn::Mul(hn::LoadU(d, exp_avg_sq), hn::Set(d, factors.beta2)));
  const auto root = hn::MulAdd(hn::Sqrt(second), hn::Set(d, factors.root_correction), hn::Set(d, factors.epsilon));
  const auto decayed = hn::Mul(hn::LoadU(d, parameter), hn::Set(d, factors.decay));
  hn::StoreU(first, d, exp_avg);
  hn::StoreU(second, d, exp_avg_sq);
  hn::StoreU(hn::NegMulAdd(hn::Set(d, factors.rate), hn::Div(first, root), decayed), d, parameter);
}

void adamw(const AdamWFactors& factors, std::int64_t n, const float* gradient, const AdamWState& state) {
  const hn::ScalableTag<float> wide;
  const hn::CappedTag<float, 1> single;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(wide));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    update(wide, factors, gradient + i, state.parameter + i, state.exp_avg + i, state.exp_avg_sq + i);
  }
  for (; i < n; ++i)
    update(single, factors, gradient + i, state.parameter + i, state.exp_avg + i, state.exp_avg_sq + i);
}

HWY_INLINE float short_sum_of_squares(const float* values, std::int64_t n) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto even = hn::Zero(d), odd = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto a = hn::LoadU(d, values + i), b = hn::LoadU(d, values + i + lanes);
    even = hn::MulAdd(a, a, even);
    odd = hn::MulAdd(b, b, odd);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd)));
  for (; i < n; ++i) sum += values[i] * values[i];
  return sum;
}

double sum_of_squares(const float* values, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; i += kRun) {
    sum += static_cast<double>(short_sum_of_squares(values + i, i + kRun < n ? kRun : n - i));
  }
  return sum;
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sctab::kernels::cpu {

HWY_EXPORT(adamw);
HWY_EXPORT(sum_of_squares);

void adamw(const AdamWFactors& factors, std::int64_t n, const float* gradient, const AdamWState& state) {
  HWY_DYNAMIC_DISPATCH(adamw)(factors, n, gradient, state);
}

double sum_of_squares(const float* values, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(sum_of_squares)(values, n);
}

}  // namespace sctab::kernels::cpu
#endif
