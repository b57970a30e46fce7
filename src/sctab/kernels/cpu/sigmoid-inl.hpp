// Included once for each target that Highway compiles for, within the file of a kernel.
#if defined(SCTAB_KERNELS_CPU_SIGMOID_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SCTAB_KERNELS_CPU_SIGMOID_INL
#undef SCTAB_KERNELS_CPU_SIGMOID_INL
#else
#define SCTAB_KERNELS_CPU_SIGMOID_INL
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {

/// 1 / (1 + exp(-x)), lane by lane, whichever lane a value stands in. NaN stays NaN.
template <typename D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> sigmoid(D d, hwy::HWY_NAMESPACE::Vec<D> x) {
  namespace hn = hwy::HWY_NAMESPACE;
  // Exp is exact up to 104, and 0 for NaN, which must not be lost.
  const auto falling = hn::Exp(d, hn::Min(hn::Neg(x), hn::Set(d, 88.0F)));
  const auto share = hn::Div(hn::Set(d, 1.0F), hn::Add(hn::Set(d, 1.0F), falling));
  return hn::IfThenElse(hn::IsNaN(x), x, share);
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
