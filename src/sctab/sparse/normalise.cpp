#include "sctab/sparse/normalise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "sctab/core/error.hpp"

namespace sctab::sparse {

double library_size(std::span<const float> counts) {
  double total = 0;
  for (const float count : counts) total += static_cast<double>(count);
  return total;
}

double library_size(std::span<const std::uint16_t> counts) {
  constexpr std::size_t kAtOnce = 1 << 16;  // whose sum fits 32 bits
  std::uint64_t total = 0;
  for (std::size_t begin = 0; begin < counts.size(); begin += kAtOnce) {
    std::uint32_t part = 0;
    for (const std::uint16_t count : counts.subspan(begin, std::min(kAtOnce, counts.size() - begin))) part += count;
    total += part;
  }
  return static_cast<double>(total);
}

Normaliser::Normaliser(double library_size, float target)
    : scale_(library_size > 0 ? static_cast<float>(static_cast<double>(target) / library_size) : 0.0F) {
  for (std::size_t count = 0; count < kTabled; ++count) table_[count] = beyond_table(static_cast<float>(count));
}

float Normaliser::beyond_table(float count) const {
  return std::log1p(count * scale_);
}

void log_normalise(CsrMatrix& counts, float target) {
  for (CellIndex cell = 0; cell < counts.n_cells; ++cell) {
    const double total = library_size(counts.row(cell));
    if (!(total > 0)) continue;
    const Normaliser normalise(total, target);
    float* const values = counts.data.data() + counts.indptr[static_cast<std::size_t>(cell)];
    normalise.apply(counts.row(cell).data, values);
  }
}

namespace {

/// On the bits and without branches, so that it is done several values at a time.
bool all_finite_and_not_negative(std::span<const float> values) {
  constexpr std::uint32_t kInfinity = 0x7F80'0000;
  constexpr std::uint32_t kMinusZero = 0x8000'0000;
  std::uint32_t bad = 0;
  for (const float value : values) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    bad |= static_cast<std::uint32_t>(bits >= kInfinity) & static_cast<std::uint32_t>(bits != kMinusZero);
  }
  return bad == 0;
}

}  // namespace

void check_counts(CsrView counts, const core::Problem& place, CellIndex first_cell,
                  std::span<const std::string> gene_ids) {
  for (CellIndex cell = 0; cell < counts.n_cells; ++cell) {
    const RowView row = counts.row(cell);
    if (all_finite_and_not_negative(row.data)) continue;
    for (std::size_t i = 0; i < row.data.size(); ++i) {
      if (row.data[i] >= 0 && std::isfinite(row.data[i])) continue;
      const auto gene = static_cast<std::size_t>(row.indices[i]);
      throw core::InputError({.cell = fmt::format("{} (counted from 0)", first_cell + cell),
                              .gene = gene < gene_ids.size() ? gene_ids[gene] : fmt::format("number {}", gene),
                              .found = fmt::format("holds {}", row.data[i]),
                              .expected = "counts, finite and 0 or more",
                              .next_step = "name the matrix of raw counts with --counts"})
          .within(place);
    }
  }
}

}  // namespace sctab::sparse
