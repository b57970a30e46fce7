#include "sctab/kernels/cpu/dot.hpp"

#include <hwy/cache_control.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sctab/kernels/cpu/dot.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file again for each target, and must come first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Four sums at once hide the latency of one.
HWY_INLINE float dot(const float* HWY_RESTRICT left, const float* HWY_RESTRICT right, std::int64_t width) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto sum0 = hn::Zero(d), sum1 = hn::Zero(d), sum2 = hn::Zero(d), sum3 = hn::Zero(d);
  std::int64_t c = 0;
  for (; c + 4 * lanes <= width; c += 4 * lanes) {
    sum0 = hn::MulAdd(hn::LoadU(d, left + c), hn::LoadU(d, right + c), sum0);
    sum1 = hn::MulAdd(hn::LoadU(d, left + c + lanes), hn::LoadU(d, right + c + lanes), sum1);
    sum2 = hn::MulAdd(hn::LoadU(d, left + c + 2 * lanes), hn::LoadU(d, right + c + 2 * lanes), sum2);
    sum3 = hn::MulAdd(hn::LoadU(d, left + c + 3 * lanes), hn::LoadU(d, right + c + 3 * lanes), sum3);
  }
  for (; c + lanes <= width; c += lanes) sum0 = hn::MulAdd(hn::LoadU(d, left + c), hn::LoadU(d, right + c), sum0);
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3))));
  for (; c < width; ++c) sum += left[c] * right[c];
  return sum;
}

void gathered_dots(const float* left, const float* right, std::int64_t width, std::span<const std::int32_t> rows,
                   float* products) {
  constexpr std::size_t kAhead = 4;  // rows lie far apart: ask for them early
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + kAhead < rows.size()) {
      const float* coming = right + rows[i + kAhead] * width;
      for (std::int64_t c = 0; c < width; c += 16) hwy::Prefetch(coming + c);
    }
    products[i] = dot(left, right + rows[i] * width, width);
  }
}

void row_dots(const float* left, const float* right, std::int64_t n_rows, std::int64_t width, float* products) {
  for (std::int64_t row = 0; row < n_rows; ++row) products[row] = dot(left + row * width, right + row * width, width);
}

void matrix_vector(const float* left, const float* right, std::int64_t n_rows, std::int64_t width, float* products) {
  for (std::int64_t row = 0; row < n_rows; ++row) products[row] = dot(left, right + row * width, width);
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sctab::kernels::cpu {

HWY_EXPORT(gathered_dots);
HWY_EXPORT(row_dots);
HWY_EXPORT(matrix_vector);

void gathered_dots(const float* left, const float* right, std::int64_t width, std::span<const std::int32_t> rows,
                   float* products) {
  HWY_DYNAMIC_DISPATCH(gathered_dots)(left, right, width, rows, products);
}

void row_dots(const float* left, const float* right, std::int64_t n_rows, std::int64_t width, float* products) {
  HWY_DYNAMIC_DISPATCH(row_dots)(left, right, n_rows, width, products);
}

void matrix_vector(const float* left, const float* right, std::int64_t n_rows, std::int64_t width, float* products) {
  HWY_DYNAMIC_DISPATCH(matrix_vector)(left, right, n_rows, width, products);
}

}  // namespace sctab::kernels::cpu
#endif
