#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "sctab/sparse/normalise.hpp"

namespace sctab::store {

/// As sparse::library_size(): sums of integers are exact, in whatever type and order.
inline double library_size(std::span<const float> counts) {
  double total = 0;
  for (const float count : counts) total += static_cast<double>(count);
  return total;
}
inline double library_size(std::span<const std::uint16_t> counts) {
  constexpr std::size_t kAtOnce = 1 << 16;  // whose sum fits 32 bits
  std::uint64_t total = 0;
  for (std::size_t begin = 0; begin < counts.size(); begin += kAtOnce) {
    std::uint32_t part = 0;
    for (const std::uint16_t count : counts.subspan(begin, std::min(kAtOnce, counts.size() - begin))) part += count;
    total += part;
  }
  return static_cast<double>(total);
}

/// sparse::log_normalise() for one cell, value by value and bit for bit, at the price of a look-up for small integers,
/// which nearly all counts are.
class Normaliser {
 public:
  /// library_size: the cell's total counts; 0 gives zeros.
  explicit Normaliser(double library_size)
      : scale_(library_size > 0 ? static_cast<float>(static_cast<double>(sparse::kTargetCounts) / library_size)
                                : 0.0F) {
    for (std::size_t count = 0; count < kTabled; ++count)
      table_[count] = std::log1p(static_cast<float>(count) * scale_);
  }

  template <typename Count>
  void apply(std::span<const Count> counts, float* out) const {
    for (std::size_t i = 0; i < counts.size(); ++i) out[i] = (*this)(counts[i]);
  }

  float operator()(std::uint16_t count) const {
    return count < kTabled ? table_[count] : std::log1p(static_cast<float>(count) * scale_);
  }
  float operator()(float count) const {
    const bool tabled = count >= 0 && count < kTabled && count == std::trunc(count);
    return tabled ? table_[static_cast<std::size_t>(count)] : std::log1p(count * scale_);
  }

 private:
  static constexpr std::size_t kTabled = 32;
  float scale_;
  std::array<float, kTabled> table_;
};

}  // namespace sctab::store
