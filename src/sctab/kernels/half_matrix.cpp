#include "sctab/kernels/half_matrix.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "sctab/core/error.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kRowsPerTask = 512;

// What brings the largest finite value of a row to [2^14, 2^15): as far as halves go, less one step for rounding up.
float scale_of(std::span<const float> row) {
  float largest = 0;
  for (const float value : row) largest = std::isfinite(value) ? std::max(largest, std::abs(value)) : largest;
  constexpr int kLowest = -100;  // smaller ones would leave float's own range when multiplied
  return largest == 0 ? 1.0F : std::ldexp(1.0F, std::max(std::ilogb(largest) - 14, kLowest));
}

}  // namespace

std::uint16_t to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000U, magnitude = bits & 0x7fffffffU;
  std::uint32_t half = 0;
  if (magnitude > 0x7f800000U) {
    half = 0x7e00U;  // NaN
  } else if (magnitude >= 0x47800000U) {
    half = 0x7c00U;  // 2^16 and more
  } else if (magnitude < 0x38800000U) {
    // Below 2^-14 halves lie 2^-24 apart, as floats do in [0.5, 1): the addition rounds.
    half = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - 0x3f000000U;
  } else {
    half = (magnitude - 0x38000000U + 0xfffU + (magnitude >> 13 & 1U)) >> 13;
  }
  return static_cast<std::uint16_t>(sign | half);
}

HalfMatrix::HalfMatrix(std::span<const float> values, std::int64_t width) : width_(width) {
  SCTAB_ASSERT(width >= 1 && std::ssize(values) % width == 0);
  row_scale_.resize(values.size() / static_cast<std::size_t>(width));
  halves_ = AlignedArray<std::uint16_t>(values.size());
  parallel_blocks(n_rows(), kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const std::span<const float> from =
          values.subspan(static_cast<std::size_t>(row * width), static_cast<std::size_t>(width));
      const float scale = scale_of(from), inverse = 1 / scale;
      row_scale_[static_cast<std::size_t>(row)] = scale;
      std::transform(from.begin(), from.end(), halves_.data() + row * width,
                     [&](float value) { return to_half(value * inverse); });
    }
  });
}

}  // namespace sctab::kernels
