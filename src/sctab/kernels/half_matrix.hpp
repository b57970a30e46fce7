#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/kernels/aligned_array.hpp"

namespace sctab::kernels {

/// The half-precision number nearest to `value`, ties to even; NaN stays NaN, and what is too large becomes infinite.
std::uint16_t to_half(float value);

/// A matrix at half the memory, for inference: value = half · scale of its row. Each row has a power of two of its own,
/// so that none over- or underflows: every value is within 2^-11 of itself, or within 2^-39 of its row's largest.
///
/// IEEE half precision rather than bfloat16: measured on a processor of 2024, both come out of the caches at the same
/// speed (converting takes one instruction either way), and the former rounds eight times finer.
class HalfMatrix {
 public:
  HalfMatrix() = default;
  /// values: n_rows × width, row-major. The work of once a model, not of every batch.
  HalfMatrix(std::span<const float> values, std::int64_t width);

  [[nodiscard]] std::int64_t n_rows() const { return std::ssize(row_scale_); }
  [[nodiscard]] std::int64_t width() const { return width_; }
  /// n_rows × width, row-major, aligned to 64 bytes.
  [[nodiscard]] const std::uint16_t* halves() const { return halves_.data(); }
  [[nodiscard]] std::span<const float> row_scale() const { return row_scale_; }

 private:
  std::int64_t width_ = 0;
  AlignedArray<std::uint16_t> halves_;
  std::vector<float> row_scale_;
};

}  // namespace sctab::kernels
