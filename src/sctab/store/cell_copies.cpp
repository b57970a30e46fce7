#include "sctab/store/cell_copies.hpp"

#include <algorithm>
#include <cmath>

namespace sctab::store {

std::vector<std::int32_t> CellCopies::of_block(CellIndex block) const {
  const auto begin = static_cast<std::size_t>(block * rows_per_block_);
  const auto size = std::min(static_cast<std::size_t>(rows_per_block_), cell_types_.size() - begin);
  std::vector<std::int32_t> copies(size, 1);
  if (once()) return copies;
  core::Rng rng = rng_.child("copies", static_cast<std::uint64_t>(block));
  for (std::size_t row = 0; row < size; ++row) {
    const double rate = rates_[static_cast<std::size_t>(cell_types_[begin + row])];
    const double whole = std::floor(rate);
    copies[row] = static_cast<std::int32_t>(whole) + (rng.uniform() < rate - whole ? 1 : 0);
  }
  return copies;
}

}  // namespace sctab::store
