#include "sctab/kernels/cpu/silu.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sctab/kernels/cpu/silu.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file again for each target, and must come first.
#include <hwy/highway.h>

#include "sctab/kernels/cpu/sigmoid-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// visit(tag, place) for n values, whole vectors first.
template <typename Visit>
HWY_INLINE void for_each_value(std::int64_t n, const Visit& visit) {
  const hn::ScalableTag<float> wide;
  const hn::CappedTag<float, 1> single;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(wide));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) visit(wide, i);
  for (; i < n; ++i) visit(single, i);
}

void silu(std::int64_t n, const float* x, float* out) {
  for_each_value(n, [&](auto d, std::int64_t i) HWY_ATTR {
    const auto value = hn::LoadU(d, x + i);
    hn::StoreU(hn::Mul(value, sigmoid(d, value)), d, out + i);
  });
}

void silu_backward(std::int64_t n, const float* x, const float* dout, float* dx) {
  for_each_value(n, [&](auto d, std::int64_t i) HWY_ATTR {
    const auto value = hn::LoadU(d, x + i), share = sigmoid(d, value);
    const auto slope = hn::MulAdd(hn::Mul(value, share), hn::Sub(hn::Set(d, 1.0F), share), share);
    hn::StoreU(hn::Mul(hn::LoadU(d, dout + i), slope), d, dx + i);
  });
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sctab::kernels::cpu {

HWY_EXPORT(silu);
HWY_EXPORT(silu_backward);

void silu(std::int64_t n, const float* x, float* out) {
  HWY_DYNAMIC_DISPATCH(silu)(n, x, out);
}

void silu_backward(std::int64_t n, const float* x, const float* dout, float* dx) {
  HWY_DYNAMIC_DISPATCH(silu_backward)(n, x, dout, dx);
}

}  // namespace sctab::kernels::cpu
#endif
