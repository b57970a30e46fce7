#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "sctab/sparse/normalise.hpp"

namespace sctab::store {

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
