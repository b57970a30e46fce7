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
// A tile of weights stays in the second-level cache while a block of rows passes over it. What bounds the speed is that
// cache: narrower tiles for the first-level one were tried, and lose more to their short segments than they gain.
constexpr std::int64_t kTileBytes = std::int64_t{384} * 1024;
// Every segment of a row costs a load and a store of its sums: where rows are sparse, tiles are higher.
constexpr double kMinPerSegment = 16;

// The non-zeros of one row that lie in one tile; column_scale may be null.
struct Segment {
  const std::int32_t* columns;
  const float* values;
  std::int64_t size;
  const float* column_scale;

  HWY_INLINE float value(std::int64_t i) const {
    return column_scale == nullptr ? values[i] : values[i] * column_scale[columns[i]];
  }
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
    const auto value = hn::Set(d, segment.value(i));
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
    for (std::int64_t last = c; last < width; ++last) out[last] += segment.value(i) * row[last];
  }
}

// Rows of the weights in a tile.
std::int64_t tile_height(const sparse::CsrView& x, std::int64_t width) {
  const auto entries = static_cast<double>(x.n_cells) * static_cast<double>(x.n_genes);
  const double genes_per_non_zero = entries / std::max(1.0, static_cast<double>(x.nnz()));
  const std::int64_t fits = kTileBytes / (width * static_cast<std::int64_t>(sizeof(float)));
  return std::max({std::int64_t{1}, fits, static_cast<std::int64_t>(kMinPerSegment * genes_per_non_zero)});
}

void add_csr_projection(const sparse::CsrView& x, const float* column_scale, const float* weights, std::int64_t width,
                        float* out) {
  const std::int64_t tile = tile_height(x, width);
  std::vector<std::int64_t> next(x.indptr.begin(), x.indptr.end() - 1);
  for (std::int64_t tile_end = tile; tile_end < x.n_genes + tile; tile_end += tile) {
    for (std::int64_t row = 0; row < x.n_cells; ++row) {
      std::int64_t& begin = next[static_cast<std::size_t>(row)];
      const std::int64_t row_end = x.indptr[static_cast<std::size_t>(row) + 1];
      std::int64_t end = begin;
      while (end < row_end && x.indices[static_cast<std::size_t>(end)] < tile_end) ++end;
      if (end == begin) continue;
      const Segment segment{x.indices.data() + begin, x.data.data() + begin, end - begin, column_scale};
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

void add_csr_projection(const sparse::CsrView& x, const float* column_scale, const float* weights, std::int64_t width,
                        float* out) {
  HWY_DYNAMIC_DISPATCH(add_csr_projection)(x, column_scale, weights, width, out);
}

}  // namespace sctab::kernels::cpu
#endif
