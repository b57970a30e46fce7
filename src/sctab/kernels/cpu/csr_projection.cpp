#include "sctab/kernels/cpu/csr_projection.hpp"

#include <algorithm>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sctab/kernels/cpu/csr_projection.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file again for each target, and must come first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Sums kept in registers: 24 of AVX-512's 32 vectors, 12 of AVX2's 16.
constexpr std::size_t kPanelVectors = HWY_TARGET <= HWY_AVX3 ? 24 : 12;
// A tile of weights stays in the second-level cache while a block of rows passes over it.
constexpr std::int64_t kTileBytes = 256 * 1024;

// The non-zeros of one row that lie in one tile.
struct Segment {
  const std::int32_t* columns;
  const float* values;
  std::int64_t size;
};

// out += values · weights, over kVectors · lanes columns.
template <std::size_t kVectors>
HWY_INLINE void add_panel(const Segment& segment, const float* HWY_RESTRICT weights, std::int64_t width,
                          float* HWY_RESTRICT out) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sums[kVectors];
#pragma GCC unroll 24
  for (std::size_t v = 0; v < kVectors; ++v) sums[v] = hn::LoadU(d, out + v * lanes);
  for (std::int64_t i = 0; i < segment.size; ++i) {
    const auto value = hn::Set(d, segment.values[i]);
    const float* row = weights + segment.columns[i] * width;
#pragma GCC unroll 24
    for (std::size_t v = 0; v < kVectors; ++v) sums[v] = hn::MulAdd(value, hn::LoadU(d, row + v * lanes), sums[v]);
  }
#pragma GCC unroll 24
  for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(sums[v], d, out + v * lanes);
}

HWY_INLINE void add_segment(const Segment& segment, const float* weights, std::int64_t width, float* out) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<float>()));
  constexpr auto kPanel = static_cast<std::int64_t>(kPanelVectors);
  std::int64_t c = 0;
  for (; c + kPanel * lanes <= width; c += kPanel * lanes)
    add_panel<kPanelVectors>(segment, weights + c, width, out + c);
  for (; c + 4 * lanes <= width; c += 4 * lanes) add_panel<4>(segment, weights + c, width, out + c);
  for (; c + lanes <= width; c += lanes) add_panel<1>(segment, weights + c, width, out + c);
  if (c == width) return;
  for (std::int64_t i = 0; i < segment.size; ++i) {
    const float* row = weights + segment.columns[i] * width;
    for (std::int64_t last = c; last < width; ++last) out[last] += segment.values[i] * row[last];
  }
}

void add_csr_projection(const sparse::CsrView& x, std::span<const float> column_scale, const float* weights,
                        std::int64_t width, float* out) {
  const std::int64_t tile = std::max<std::int64_t>(1, kTileBytes / (width * static_cast<std::int64_t>(sizeof(float))));
  std::vector<std::int64_t> next(x.indptr.begin(), x.indptr.end() - 1);
  std::vector<float> scaled(column_scale.empty() ? 0 : static_cast<std::size_t>(tile));
  for (std::int64_t tile_end = tile; tile_end < x.n_genes + tile; tile_end += tile) {
    for (std::int64_t row = 0; row < x.n_cells; ++row) {
      std::int64_t& begin = next[static_cast<std::size_t>(row)];
      const std::int64_t row_end = x.indptr[static_cast<std::size_t>(row) + 1];
      std::int64_t end = begin;
      while (end < row_end && x.indices[static_cast<std::size_t>(end)] < tile_end) ++end;
      if (end == begin) continue;
      Segment segment{x.indices.data() + begin, x.data.data() + begin, end - begin};
      if (!column_scale.empty()) {
        for (std::int64_t i = 0; i < segment.size; ++i) {
          scaled[static_cast<std::size_t>(i)] =
              segment.values[i] * column_scale[static_cast<std::size_t>(segment.columns[i])];
        }
        segment.values = scaled.data();
      }
      add_segment(segment, weights, width, out + row * width);
      begin = end;
    }
  }
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sctab::kernels::cpu {

HWY_EXPORT(add_csr_projection);

void add_csr_projection(const sparse::CsrView& x, std::span<const float> column_scale, const float* weights,
                        std::int64_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(add_csr_projection)(x, column_scale, weights, width, out);
}

}  // namespace sctab::kernels::cpu
#endif
