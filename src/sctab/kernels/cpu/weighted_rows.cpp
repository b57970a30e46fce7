#include "sctab/kernels/cpu/weighted_rows.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sctab/kernels/cpu/weighted_rows.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file again for each target, and must come first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// One vector of columns of kRows rows.
template <std::int64_t kRows, typename D>
HWY_INLINE void add_columns(D d, const float* weights, const float* rows, std::int64_t width, float* out) {
  auto sum = hn::LoadU(d, out);
#pragma GCC unroll 4
  for (std::int64_t i = 0; i < kRows; ++i) {
    sum = hn::MulAdd(hn::Set(d, weights[i]), hn::LoadU(d, rows + i * width), sum);
  }
  hn::StoreU(sum, d, out);
}

template <std::int64_t kRows>
HWY_INLINE void add_rows(const float* weights, const float* rows, std::int64_t width, float* out) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t c = 0;
  for (; c + lanes <= width; c += lanes) add_columns<kRows>(d, weights, rows + c, width, out + c);
  for (; c < width; ++c) add_columns<kRows>(hn::CappedTag<float, 1>(), weights, rows + c, width, out + c);
}

void add_weighted_rows(const float* weights, const float* rows, std::int64_t n_rows, std::int64_t width, float* out) {
  std::int64_t row = 0;
  // Four rows share a load and a store of the sums.
  for (; row + 4 <= n_rows; row += 4) add_rows<4>(weights + row, rows + row * width, width, out);
  for (; row < n_rows; ++row) add_rows<1>(weights + row, rows + row * width, width, out);
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sctab::kernels::cpu {

HWY_EXPORT(add_weighted_rows);

void add_weighted_rows(const float* weights, const float* rows, std::int64_t n_rows, std::int64_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(add_weighted_rows)(weights, rows, n_rows, width, out);
}

}  // namespace sctab::kernels::cpu
#endif
