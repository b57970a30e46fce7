#include "sctab/kernels/cpu/gemm.hpp"

#include <hwy/cache_control.h>

#include <algorithm>

#include "sctab/core/error.hpp"
#include "sctab/kernels/aligned_array.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sctab/kernels/cpu/gemm.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file again for each target, and must come first.
#include <hwy/highway.h>

#ifndef SCTAB_KERNELS_CPU_GEMM_ONCE
#define SCTAB_KERNELS_CPU_GEMM_ONCE
namespace sctab::kernels::cpu {

// A panel of this depth takes 16 kB: half of the smallest first-level cache.
inline constexpr std::int64_t kMostDepth = 256;

// Packing goes over this many rows of a matrix at once, so that a line of the cache is still there for the next panel.
inline constexpr std::int64_t kPackedLines = 16;

// A left matrix with contiguous columns is packed if a block of it spans more numbers than this, 64 kB of floats.
// Closer columns come from the second-level cache in time, and packing them costs a tenth of the product.
inline constexpr std::int64_t kUnpackedSpan = 1 << 14;

// Blocks of equal depth, but for the last one; a multiple of 4, for the transposition of packing.
inline std::int64_t block_depth(std::int64_t depth) {
  const std::int64_t n_blocks = std::max<std::int64_t>(1, (depth + kMostDepth - 1) / kMostDepth);
  return ((depth + n_blocks - 1) / n_blocks + 3) / 4 * 4;
}

}  // namespace sctab::kernels::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
using D = hn::CappedTag<T, static_cast<std::size_t>(kPanelColumns<T>)>;
template <typename T>
using V = hn::Vec<D<T>>;
template <typename T>
constexpr std::size_t kLanes = hn::MaxLanes(D<T>());
template <typename T>
constexpr std::size_t kPanelVectors = static_cast<std::size_t>(kPanelColumns<T>) / kLanes<T>;
// The sums of a tile stay in registers: 12 × 2 of AVX-512's 32 vectors, 6 × 2 of AVX2's 16, 3 × 4 of SSE's 16. Each
// vector of the right matrix is then used 12, 6 or 3 times, each element of the left one 2 or 4 times.
template <typename T>
constexpr std::size_t kTileVectors = std::max<std::size_t>(2, kPanelVectors<T>);
template <typename T>
constexpr std::size_t kTileRows = HWY_ARCH_ARM           ? 6
                                  : kPanelVectors<T> > 2 ? 3
                                                         : 12 / kPanelVectors<T>;
static_assert(kGemmRows % static_cast<std::int64_t>(kTileRows<float>) == 0);
static_assert(kGemmRows % static_cast<std::int64_t>(kTileRows<double>) == 0);

// A tile of rows times one or two panels, within one block of the depth.
template <typename T>
struct Tile {
  const T* left;
  std::int64_t row_stride, depth_stride;  // of left
  std::int64_t tile_stride;               // from a whole tile of left to the next
  const T* right;
  std::int64_t panel_stride;  // from a panel of right to the next
  std::int64_t depth;
  T* out;
  std::int64_t out_stride;
  T alpha, beta;
};

// out = alpha · sums + beta · out
template <std::size_t kVectors, typename T>
HWY_INLINE void store_row(const V<T>* sums, T alpha, T beta, T* out) {
  const D<T> d;
#pragma GCC unroll 4
  for (std::size_t v = 0; v < kVectors; ++v) {
    V<T> value = hn::Mul(hn::Set(d, alpha), sums[v]);
    if (beta != 0) value = hn::MulAdd(hn::Set(d, beta), hn::LoadU(d, out + v * kLanes<T>), value);
    hn::StoreU(value, d, out + v * kLanes<T>);
  }
}

template <std::size_t kRows, std::size_t kVectors, typename T>
HWY_NOINLINE void multiply_tile(const Tile<T>& tile) {
  const D<T> d;
  V<T> sums[kRows][kVectors];
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  const T* HWY_RESTRICT left = tile.left;
  const T* HWY_RESTRICT right = tile.right;
  for (std::int64_t k = 0; k < tile.depth; ++k, left += tile.depth_stride, right += kPanelColumns<T>) {
    V<T> columns[kVectors];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto panel = static_cast<std::int64_t>(v / kPanelVectors<T>);
      columns[v] = hn::Load(d, right + panel * tile.panel_stride + v % kPanelVectors<T> * kLanes<T>);
    }
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      const V<T> value = hn::Set(d, left[static_cast<std::int64_t>(r) * tile.row_stride]);
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(value, columns[v], sums[r][v]);
    }
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
    store_row<kVectors>(sums[r], tile.alpha, tile.beta, tile.out + static_cast<std::int64_t>(r) * tile.out_stride);
  }
}

// The last columns, where they fill no vector: what follows them in memory is another row's, and no store may touch it.
template <std::size_t kRows, std::size_t kVectors, typename T>
HWY_NOINLINE void multiply_last_columns(const Tile<T>& tile, std::int64_t n_columns) {
  constexpr auto kWidth = static_cast<std::int64_t>(kVectors * kLanes<T>);
  HWY_ALIGN T rows[kRows * kVectors * kLanes<T>] = {};
  Tile<T> padded = tile;
  padded.out = rows, padded.out_stride = kWidth;
  for (std::int64_t r = 0; tile.beta != 0 && r < static_cast<std::int64_t>(kRows); ++r) {
    for (std::int64_t c = 0; c < n_columns; ++c) rows[r * kWidth + c] = tile.out[r * tile.out_stride + c];
  }
  multiply_tile<kRows, kVectors>(padded);
  for (std::int64_t r = 0; r < static_cast<std::int64_t>(kRows); ++r) {
    for (std::int64_t c = 0; c < n_columns; ++c) tile.out[r * tile.out_stride + c] = rows[r * kWidth + c];
  }
}

// How many rows the tiles for a remainder of less than n_rows have: 12, 8, 4, 2, 1 or 6, 4, 2, 1.
constexpr std::size_t smaller_tile(std::size_t n_rows) {
  return n_rows > 8 ? 8 : n_rows > 4 ? 4 : n_rows > 2 ? 2 : 1;
}

// Tiles of kRows rows, then smaller ones.
template <std::size_t kRows, std::size_t kVectors, typename T>
HWY_INLINE void multiply_rows(Tile<T> tile, std::int64_t n_rows, std::int64_t n_columns) {
  constexpr auto kStep = static_cast<std::int64_t>(kRows);
  const std::int64_t left_step = kRows == kTileRows<T> ? tile.tile_stride : kStep * tile.row_stride;
  for (; n_rows >= kStep; n_rows -= kStep, tile.left += left_step, tile.out += kStep * tile.out_stride) {
    if (n_columns < static_cast<std::int64_t>(kVectors * kLanes<T>)) {
      multiply_last_columns<kRows, kVectors>(tile, n_columns);
    } else {
      multiply_tile<kRows, kVectors>(tile);
    }
  }
  if constexpr (kRows > 1) multiply_rows<smaller_tile(kRows), kVectors>(tile, n_rows, n_columns);
}

// A left matrix whose columns are contiguous, as tiles of kTileRows rows, in each of them one column after the other.
template <typename T>
void pack_left(const StridedMatrix<T>& a, std::int64_t first_column, std::int64_t n_columns, T* HWY_RESTRICT packed) {
  constexpr auto kStep = static_cast<std::int64_t>(kTileRows<T>);
  const std::int64_t stride = a.column_stride, n_rows = a.n_rows;
  for (std::int64_t chunk = 0; chunk < n_columns; chunk += kPackedLines) {
    const std::int64_t chunk_end = std::min(chunk + kPackedLines, n_columns);
    for (std::int64_t row = 0; row < n_rows; row += kStep) {
      const T* HWY_RESTRICT from = a.values + row + (first_column + chunk) * stride;
      T* to = packed + row * n_columns + chunk * kStep;
      const std::int64_t n = std::min(kStep, n_rows - row);
      for (std::int64_t k = chunk; k < chunk_end; ++k, from += stride, to += kStep) {
        hwy::Prefetch(from + kPackedLines * stride);
        if (n == kStep) {
          hwy::CopyBytes<kTileRows<T> * sizeof(T)>(from, to);
        } else {
          std::copy_n(from, n, to);
        }
      }
    }
  }
}

template <typename T>
HWY_INLINE bool needs_packing(const StridedMatrix<T>& a) {
  return a.column_stride != 1 && a.column_stride * block_depth(a.n_columns) > kUnpackedSpan;
}

// Up to kGemmRows rows; left_memory is for a left matrix that needs packing.
template <typename T>
void multiply_block(T alpha, const StridedMatrix<T>& a, const PackedPanels<T>& b, T beta, T* left_memory, T* out) {
  constexpr auto kStep = static_cast<std::int64_t>(kTileRows<T>);
  constexpr auto kTileColumns = static_cast<std::int64_t>(kTileVectors<T> * kLanes<T>);
  const std::int64_t step = block_depth(b.depth), n_padded = panels_of<T>(b.n_columns) * kPanelColumns<T>;
  std::int64_t k = 0;
  do {  // once for no depth at all
    Tile<T> tile{};
    tile.depth = std::min(step, b.depth - k);
    tile.alpha = alpha, tile.beta = k == 0 ? beta : 1;
    tile.out_stride = b.n_columns;
    tile.panel_stride = tile.depth * kPanelColumns<T>;
    if (a.column_stride == 1) {
      tile.left = a.values + k, tile.row_stride = a.row_stride, tile.depth_stride = 1;
      tile.tile_stride = kStep * a.row_stride;
    } else if (!needs_packing(a)) {
      tile.left = a.values + k * a.column_stride, tile.row_stride = 1, tile.depth_stride = a.column_stride;
      tile.tile_stride = kStep;
    } else {
      pack_left(a, k, tile.depth, left_memory);
      tile.left = left_memory, tile.row_stride = 1, tile.depth_stride = kStep;
      tile.tile_stride = kStep * tile.depth;
    }
    for (std::int64_t c = 0; c < b.n_columns; c += kTileColumns) {
      tile.right = b.values + k * n_padded + c * tile.depth;
      tile.out = out + c;
      const std::int64_t n_columns = b.n_columns - c;
      if (n_columns <= static_cast<std::int64_t>(kLanes<T>)) {
        multiply_rows<kTileRows<T>, 1>(tile, a.n_rows, n_columns);
      } else {
        multiply_rows<kTileRows<T>, kTileVectors<T>>(tile, a.n_rows, n_columns);
      }
    }
    k += tile.depth;
  } while (k < b.depth);
}

template <typename T>
void multiply(T alpha, const StridedMatrix<T>& a, const PackedPanels<T>& b, T beta, T* out) {
  AlignedArray<T> left_memory;
  if (needs_packing(a)) left_memory = AlignedArray<T>(static_cast<std::size_t>(kGemmRows * block_depth(b.depth)));
  for (std::int64_t row = 0; row < a.n_rows; row += kGemmRows) {
    multiply_block(alpha, a.rows(row, std::min(row + kGemmRows, a.n_rows)), b, beta, left_memory.data(),
                   out + row * b.n_columns);
  }
}

// packed[k · kPanelColumns + c] = from[c · stride + k] for kSquare columns and as many k: a 128-bit vector's numbers.
#if HWY_TARGET == HWY_SCALAR
template <typename T>
constexpr std::int64_t kSquare = 1;
template <typename T>
HWY_INLINE void transpose_square(const T* from, std::int64_t /*stride*/, T* packed) {
  *packed = *from;
}
#else
template <typename T>
constexpr std::int64_t kSquare = 16 / static_cast<std::int64_t>(sizeof(T));
HWY_INLINE void transpose_square(const float* HWY_RESTRICT from, std::int64_t stride, float* HWY_RESTRICT packed) {
  constexpr std::int64_t kNext = kPanelColumns<float>;
  const hn::FixedTag<float, 4> d;
  const hn::FixedTag<double, 2> pairs;
  const auto row0 = hn::LoadU(d, from), row1 = hn::LoadU(d, from + stride);
  const auto row2 = hn::LoadU(d, from + 2 * stride), row3 = hn::LoadU(d, from + 3 * stride);
  const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, row0, row1));
  const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, row2, row3));
  const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, row0, row1));
  const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, row2, row3));
  hn::Store(hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)), d, packed);
  hn::Store(hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)), d, packed + kNext);
  hn::Store(hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)), d, packed + 2 * kNext);
  hn::Store(hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)), d, packed + 3 * kNext);
}
HWY_INLINE void transpose_square(const double* HWY_RESTRICT from, std::int64_t stride, double* HWY_RESTRICT packed) {
  const hn::FixedTag<double, 2> d;
  const auto row0 = hn::LoadU(d, from), row1 = hn::LoadU(d, from + stride);
  hn::Store(hn::InterleaveLower(d, row0, row1), d, packed);
  hn::Store(hn::InterleaveUpper(d, row0, row1), d, packed + kPanelColumns<double>);
}
#endif

// One panel of one block from a matrix whose columns are contiguous.
template <typename T>
void pack_columns(const T* from, std::int64_t stride, std::int64_t n_columns, std::int64_t depth, T* packed) {
  const std::int64_t even_columns = n_columns / kSquare<T> * kSquare<T>, even_depth = depth / kSquare<T> * kSquare<T>;
  for (std::int64_t k = 0; k < even_depth; k += kSquare<T>) {
    for (std::int64_t c = 0; c < even_columns; c += kSquare<T>) {
      transpose_square(from + c * stride + k, stride, packed + k * kPanelColumns<T> + c);
    }
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    T* row = packed + k * kPanelColumns<T>;
    for (std::int64_t c = k < even_depth ? even_columns : 0; c < n_columns; ++c) row[c] = from[c * stride + k];
    std::fill(row + n_columns, row + kPanelColumns<T>, T{0});
  }
}

// One panel of one block from a matrix whose rows are contiguous.
template <typename T>
void pack_rows(const T* from, std::int64_t stride, std::int64_t n_columns, std::int64_t depth, T* packed) {
  for (std::int64_t k = 0; k < depth; ++k, from += stride, packed += kPanelColumns<T>) {
    hwy::Prefetch(from + kPackedLines * stride);
    if (n_columns == kPanelColumns<T>) {
      hwy::CopyBytes<kPanelColumns<T> * sizeof(T)>(from, packed);
    } else {
      std::copy_n(from, n_columns, packed);
      std::fill(packed + n_columns, packed + kPanelColumns<T>, T{0});
    }
  }
}

template <typename T>
void pack(const StridedMatrix<T>& b, std::int64_t first_panel, std::int64_t last_panel, T* packed) {
  const std::int64_t depth = b.n_rows, step = block_depth(depth),
                     n_padded = panels_of<T>(b.n_columns) * kPanelColumns<T>;
  for (std::int64_t block = 0; block < depth; block += step) {
    const std::int64_t n = std::min(step, depth - block);
    for (std::int64_t k = 0; k < n; k += kPackedLines) {
      const std::int64_t n_lines = std::min(kPackedLines, n - k);
      for (std::int64_t panel = first_panel; panel < last_panel; ++panel) {
        const std::int64_t c = panel * kPanelColumns<T>, n_columns = std::min(kPanelColumns<T>, b.n_columns - c);
        const T* from = b.values + (block + k) * b.row_stride + c * b.column_stride;
        T* to = packed + block * n_padded + c * n + k * kPanelColumns<T>;
        if (b.column_stride == 1) {
          pack_rows(from, b.row_stride, n_columns, n_lines, to);
        } else {
          pack_columns(from, b.column_stride, n_columns, n_lines, to);
        }
      }
    }
  }
}

// HWY_EXPORT takes the names of functions, neither of templates nor of overloads.
void multiply_floats(float alpha, const StridedMatrix<float>& a, const PackedPanels<float>& b, float beta, float* out) {
  multiply(alpha, a, b, beta, out);
}
void multiply_doubles(double alpha, const StridedMatrix<double>& a, const PackedPanels<double>& b, double beta,
                      double* out) {
  multiply(alpha, a, b, beta, out);
}
void pack_floats(const StridedMatrix<float>& b, std::int64_t first_panel, std::int64_t last_panel, float* packed) {
  pack(b, first_panel, last_panel, packed);
}
void pack_doubles(const StridedMatrix<double>& b, std::int64_t first_panel, std::int64_t last_panel, double* packed) {
  pack(b, first_panel, last_panel, packed);
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sctab::kernels::cpu {

HWY_EXPORT(multiply_floats);
HWY_EXPORT(multiply_doubles);
HWY_EXPORT(pack_floats);
HWY_EXPORT(pack_doubles);

namespace {

template <typename T>
bool has_contiguous_lines(const StridedMatrix<T>& matrix) {
  return matrix.row_stride == 1 || matrix.column_stride == 1;
}

template <typename T>
void pack_and_multiply(T alpha, const StridedMatrix<T>& a, const StridedMatrix<T>& b, T beta, T* out) {
  AlignedArray<T> packed(static_cast<std::size_t>(packed_size<T>(b.n_rows, b.n_columns)));
  pack_panels(b, 0, panels_of<T>(b.n_columns), packed.data());
  gemm(alpha, a, PackedPanels<T>{packed.data(), b.n_rows, b.n_columns}, beta, out);
}

}  // namespace

void pack_panels(const StridedMatrix<float>& b, std::int64_t first_panel, std::int64_t last_panel, float* packed) {
  SCTAB_ASSERT(has_contiguous_lines(b));
  HWY_DYNAMIC_DISPATCH(pack_floats)(b, first_panel, last_panel, packed);
}
void pack_panels(const StridedMatrix<double>& b, std::int64_t first_panel, std::int64_t last_panel, double* packed) {
  SCTAB_ASSERT(has_contiguous_lines(b));
  HWY_DYNAMIC_DISPATCH(pack_doubles)(b, first_panel, last_panel, packed);
}

void gemm(float alpha, const StridedMatrix<float>& a, const PackedPanels<float>& b, float beta, float* out) {
  SCTAB_ASSERT(a.n_columns == b.depth && has_contiguous_lines(a));
  HWY_DYNAMIC_DISPATCH(multiply_floats)(alpha, a, b, beta, out);
}
void gemm(double alpha, const StridedMatrix<double>& a, const PackedPanels<double>& b, double beta, double* out) {
  SCTAB_ASSERT(a.n_columns == b.depth && has_contiguous_lines(a));
  HWY_DYNAMIC_DISPATCH(multiply_doubles)(alpha, a, b, beta, out);
}

void gemm(float alpha, const StridedMatrix<float>& a, const StridedMatrix<float>& b, float beta, float* out) {
  pack_and_multiply(alpha, a, b, beta, out);
}
void gemm(double alpha, const StridedMatrix<double>& a, const StridedMatrix<double>& b, double beta, double* out) {
  pack_and_multiply(alpha, a, b, beta, out);
}

}  // namespace sctab::kernels::cpu
#endif
