#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::sparse {

/// The paper's library size: every cell is scaled to this total before log1p.
inline constexpr float kTargetCounts = 1e4F;

/// Total counts of one cell, summed in double; sums of integers are exact, in any type and order.
double library_size(std::span<const float> counts);
double library_size(std::span<const std::uint16_t> counts);
inline double library_size(RowView counts) {
  return library_size(counts.data);
}

/// log1p of one cell's counts scaled to `target`, value by value. Small integers, which nearly all counts are, cost a
/// look-up; the result is the same to the bit.
class Normaliser {
 public:
  /// library_size: the cell's total counts; 0 gives zeros.
  explicit Normaliser(double library_size, float target = kTargetCounts);

  /// count: finite and >= 0.
  float operator()(float count) const {
    if (count >= 0 && count < static_cast<float>(kTabled)) {
      const auto whole = static_cast<int>(count);
      if (static_cast<float>(whole) == count) return table_[static_cast<std::size_t>(whole)];
    }
    return beyond_table(count);
  }
  float operator()(std::uint16_t count) const {
    return count < kTabled ? table_[count] : beyond_table(static_cast<float>(count));
  }
  /// out: as many values as there are counts.
  template <typename Count>
  void apply(std::span<const Count> counts, float* out) const {
    for (std::size_t i = 0; i < counts.size(); ++i) out[i] = (*this)(counts[i]);
  }

 private:
  static constexpr std::size_t kTabled = 32;
  [[nodiscard]] float beyond_table(float count) const;

  float scale_;
  std::array<float, kTabled> table_;
};

/// counts: (n_cells × n_genes), raw counts, finite and >= 0. Becomes log1p of counts scaled to `target` per cell, in
/// place. Cells with no counts stay zero. Does not check its input: check_counts() does, once, at the door.
void log_normalise(CsrMatrix& counts, float target = kTargetCounts);

/// Throws InputError on the first negative, NaN or infinite count. `place` names the file and matrix, `first_cell` is
/// the source's position of row 0, and gene_ids (may be empty) names the gene.
void check_counts(CsrView counts, const core::Problem& place, CellIndex first_cell,
                  std::span<const std::string> gene_ids);

}  // namespace sctab::sparse
