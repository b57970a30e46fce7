// Included once for each target of Highway.
#include <cstdint>

#if defined(SCTAB_KERNELS_CPU_LOAD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SCTAB_KERNELS_CPU_LOAD_INL
#undef SCTAB_KERNELS_CPU_LOAD_INL
#else
#define SCTAB_KERNELS_CPU_LOAD_INL
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {

// A vector of floats from weights of either precision.
template <typename D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> load(D d, const float* weights) {
  return hwy::HWY_NAMESPACE::LoadU(d, weights);
}
template <typename D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> load(D d, const hwy::float16_t* weights) {
  return hwy::HWY_NAMESPACE::PromoteTo(
      d, hwy::HWY_NAMESPACE::LoadU(hwy::HWY_NAMESPACE::Rebind<hwy::float16_t, D>(), weights));
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
