#pragma once

#include <cstdint>

namespace sctab::kernels::cpu {

// A product of matrices of floats or of doubles on the calling thread: alpha · a · b + beta · out. The right matrix is
// packed first, by the caller if it is used more than once or by several threads.
//
// The order in which an element of out is summed depends on the depth alone: blocks of the depth in order, and within a
// block one product after the other. So an element has the same bits whichever other rows and columns are computed with
// it, and for any number of threads that share the rows. Vector units differ within rounding: not all fuse a product
// and a sum.

/// Columns of a panel: one cache line, 16 floats or 8 doubles. The same for every vector unit, so that each can read
/// what another packed.
template <typename T>
inline constexpr std::int64_t kPanelColumns = 64 / static_cast<std::int64_t>(sizeof(T));
/// Rows of the left matrix that stay in the second-level cache while the panels pass over them. A multiple of every
/// vector unit's tile: a task of this many rows has no remainder.
inline constexpr std::int64_t kGemmRows = 96;

/// Element (i, j) is values[i · row_stride + j · column_stride]; one of the strides is 1.
template <typename T>
struct StridedMatrix {
  const T* values;
  std::int64_t n_rows, n_columns;
  std::int64_t row_stride, column_stride;

  StridedMatrix(const T* row_major, std::int64_t rows, std::int64_t columns)
      : values(row_major), n_rows(rows), n_columns(columns), row_stride(columns), column_stride(1) {}
  StridedMatrix(const T* begin, std::int64_t rows, std::int64_t columns, std::int64_t row, std::int64_t column)
      : values(begin), n_rows(rows), n_columns(columns), row_stride(row), column_stride(column) {}

  [[nodiscard]] StridedMatrix transposed() const { return {values, n_columns, n_rows, column_stride, row_stride}; }
  /// Rows [first, last).
  [[nodiscard]] StridedMatrix rows(std::int64_t first, std::int64_t last) const {
    return {values + first * row_stride, last - first, n_columns, row_stride, column_stride};
  }
};

/// A right matrix as pack_panels() wrote it: for each block of the depth one panel after the other, each of the block's
/// depth × kPanelColumns<T>, zero beyond the last column.
template <typename T>
struct PackedPanels {
  const T* values;
  std::int64_t depth, n_columns;
};

template <typename T>
[[nodiscard]] constexpr std::int64_t panels_of(std::int64_t n_columns) {
  return (n_columns + kPanelColumns<T> - 1) / kPanelColumns<T>;
}
/// Numbers that a packed depth × n_columns matrix takes.
template <typename T>
[[nodiscard]] constexpr std::int64_t packed_size(std::int64_t depth, std::int64_t n_columns) {
  return depth * panels_of<T>(n_columns) * kPanelColumns<T>;
}

/// Writes panels [first_panel, last_panel) of b to their places in `packed`, packed_size() numbers aligned to 64
/// bytes.
void pack_panels(const StridedMatrix<float>& b, std::int64_t first_panel, std::int64_t last_panel, float* packed);
void pack_panels(const StridedMatrix<double>& b, std::int64_t first_panel, std::int64_t last_panel, double* packed);

/// out = alpha · a · b + beta · out. a: n_rows × b.depth; out: n_rows × b.n_columns, row-major, not read if beta is 0.
/// NaN and infinities of a, b and out propagate as in IEEE arithmetic, also if alpha is 0.
void gemm(float alpha, const StridedMatrix<float>& a, const PackedPanels<float>& b, float beta, float* out);
void gemm(double alpha, const StridedMatrix<double>& a, const PackedPanels<double>& b, double beta, double* out);

/// The same, for a right matrix that is used once.
void gemm(float alpha, const StridedMatrix<float>& a, const StridedMatrix<float>& b, float beta, float* out);
void gemm(double alpha, const StridedMatrix<double>& a, const StridedMatrix<double>& b, double beta, double* out);

}  // namespace sctab::kernels::cpu
