#include "sctab/kernels/cpu/csr_projection.hpp"

#include <algorithm>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sctab/kernels/cpu/csr_projection.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file again for each target, and must come first.
#include <hwy/highway.h>

#include "sctab/kernels/cpu/load-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Sums kept in registers: 24 of AVX-512's 32 vectors, 12 of AVX2's 16.
constexpr std::size_t kPanelVectors = HWY_TARGET <= HWY_AVX3 ? 24 : 12;
// A tile of weights stays in the second-level cache while a block of rows passes over it. What bounds the speed is that
// cache: narrower tiles for the first-level one were tried, and lose more to their short segments than they gain.
constexpr std::int64_t kTileBytes = std::int64_t{512} * 1024;
// Every segment of a row costs a load and a store of its sums: where rows are sparse, tiles are higher.
constexpr double kMinPerSegment = 16;

// Terms that are summed up before they are added to the output. Over the 2,000 non-zeros of a cell, one running sum is
// off by 8e-7 of the result. Sums of 64 are off by 2e-7, a dense product in torch by 2.8e-7. A cell has about half as
// many non-zeros in a tile, so that few segments are cut, each of which costs a second pass over the output.
constexpr std::int64_t kMostTerms = 64;

// Rows of halves are asked for this early; those of floats come as fast without, and asking costs what they have not.
template <typename Weight>
constexpr std::int64_t kRowsAhead = sizeof(Weight) == 2 ? 4 : 0;

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
template <std::size_t kVectors, typename Weight>
HWY_INLINE void add_panel(const Segment& segment, const Weight* HWY_RESTRICT weights, std::int64_t width,
                          float* HWY_RESTRICT out) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sums[kVectors];
#pragma GCC unroll 24
  for (std::size_t v = 0; v < kVectors; ++v) sums[v] = hn::Zero(d);
  for (std::int64_t i = 0; i < segment.size; ++i) {
    const auto value = hn::Set(d, segment.value(i));
    const Weight* row = weights + segment.columns[i] * width;
    if constexpr (kRowsAhead < Weight >> 0) {
      const Weight* coming = weights + segment.columns[std::min(i + kRowsAhead<Weight>, segment.size - 1)] * width;
#pragma GCC unroll 24
      for (std::size_t v = 0; v < kVectors; v += 64 / (sizeof(Weight) * hn::MaxLanes(d)))
        __builtin_prefetch(coming + v * lanes, 0, 3);
    }
#pragma GCC unroll 24
    for (std::size_t v = 0; v < kVectors; ++v) sums[v] = hn::MulAdd(value, load(d, row + v * lanes), sums[v]);
  }
#pragma GCC unroll 24
  for (std::size_t v = 0; v < kVectors; ++v) {
    hn::StoreU(hn::Add(hn::LoadU(d, out + v * lanes), sums[v]), d, out + v * lanes);
  }
}

template <typename Weight>
HWY_INLINE void add_segment(const Segment& segment, const Weight* weights, std::int64_t width, float* out) {
  const hn::CappedTag<float, 1> single;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<float>()));
  constexpr auto kPanel = static_cast<std::int64_t>(kPanelVectors);
  std::int64_t c = 0;
  for (; c + kPanel * lanes <= width; c += kPanel * lanes)
    add_panel<kPanelVectors>(segment, weights + c, width, out + c);
  for (; c + 4 * lanes <= width; c += 4 * lanes) add_panel<4>(segment, weights + c, width, out + c);
  for (; c + lanes <= width; c += lanes) add_panel<1>(segment, weights + c, width, out + c);
  if (c == width) return;
  float sums[hn::MaxLanes(hn::ScalableTag<float>())] = {};
  for (std::int64_t i = 0; i < segment.size; ++i) {
    const Weight* row = weights + segment.columns[i] * width;
    for (std::int64_t last = c; last < width; ++last) {
      sums[last - c] += segment.value(i) * hn::GetLane(load(single, row + last));
    }
  }
  for (std::int64_t last = c; last < width; ++last) out[last] += sums[last - c];
}

// How the weights are cut: rows of a tile, and whether the next one should be fetched while one is in use.
struct Tiling {
  std::int64_t height;
  bool fetch;

  Tiling(const sparse::CsrView& x, std::int64_t row_bytes) {
    const auto entries = static_cast<double>(x.n_cells) * static_cast<double>(x.n_genes);
    const double genes_per_non_zero = entries / std::max(1.0, static_cast<double>(x.nnz()));
    const std::int64_t fits = std::max<std::int64_t>(1, kTileBytes / row_bytes);
    height = std::max(fits, static_cast<std::int64_t>(kMinPerSegment * genes_per_non_zero));
    fetch = height == fits && x.nnz() / 4 >= x.n_genes;  // whole tiles will be used, and more than once
  }
};

// Part `part` of `n_parts` of memory that is needed soon, into the second-level cache.
HWY_INLINE void fetch_part(const void* memory, std::int64_t n_bytes, std::int64_t part, std::int64_t n_parts) {
  const std::int64_t share = n_bytes / n_parts;
  const char* from = static_cast<const char*>(memory) + part * share;
  for (std::int64_t at = 0; at < share; at += 64) __builtin_prefetch(from + at, 0, 2);
}

template <typename Weight>
HWY_INLINE void add_tiles(const sparse::CsrView& x, const float* column_scale, const Weight* weights,
                          std::int64_t width, float* out) {
  const std::int64_t row_bytes = width * static_cast<std::int64_t>(sizeof(Weight));
  const Tiling tiling(x, row_bytes);
  std::vector<std::int64_t> next(x.indptr.begin(), x.indptr.end() - 1);
  for (std::int64_t tile_end = tiling.height; tile_end < x.n_genes + tiling.height; tile_end += tiling.height) {
    const std::int64_t n_coming = std::clamp<std::int64_t>(x.n_genes - tile_end, 0, tiling.height);
    for (std::int64_t row = 0; row < x.n_cells; ++row) {
      if (tiling.fetch && n_coming > 0) fetch_part(weights + tile_end * width, n_coming * row_bytes, row, x.n_cells);
      std::int64_t& begin = next[static_cast<std::size_t>(row)];
      const std::int64_t row_end = x.indptr[static_cast<std::size_t>(row) + 1];
      std::int64_t end = begin;
      while (end < row_end && x.indices[static_cast<std::size_t>(end)] < tile_end) ++end;
      for (; begin < end; begin = std::min(begin + kMostTerms, end)) {
        const Segment segment{x.indices.data() + begin, x.data.data() + begin, std::min(kMostTerms, end - begin),
                              column_scale};
        add_segment(segment, weights, width, out + row * width);
      }
    }
  }
}

void add_csr_projection(const sparse::CsrView& x, const float* column_scale, const float* weights, std::int64_t width,
                        float* out) {
  add_tiles(x, column_scale, weights, width, out);
}

void add_csr_projection_half(const sparse::CsrView& x, const float* column_scale, const std::uint16_t* weights,
                             std::int64_t width, float* out) {
  add_tiles(x, column_scale, reinterpret_cast<const hwy::float16_t*>(weights), width, out);
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sctab::kernels::cpu {

HWY_EXPORT(add_csr_projection);
HWY_EXPORT(add_csr_projection_half);

void add_csr_projection(const sparse::CsrView& x, const float* column_scale, const float* weights, std::int64_t width,
                        float* out) {
  HWY_DYNAMIC_DISPATCH(add_csr_projection)(x, column_scale, weights, width, out);
}

void add_csr_projection(const sparse::CsrView& x, const float* column_scale, const std::uint16_t* weights,
                        std::int64_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(add_csr_projection_half)(x, column_scale, weights, width, out);
}

}  // namespace sctab::kernels::cpu
#endif
