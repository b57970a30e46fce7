#include "sctab/sparse/normalise.hpp"

#include <fmt/format.h>

#include <cmath>

namespace sctab::sparse {

double library_size(RowView counts) {
  double total = 0;
  for (const float count : counts.data) total += static_cast<double>(count);
  return total;
}

void log_normalise(CsrMatrix& counts, float target) {
  for (CellIndex cell = 0; cell < counts.n_cells; ++cell) {
    const double total = library_size(counts.row(cell));
    if (!(total > 0)) continue;
    const auto scale = static_cast<float>(static_cast<double>(target) / total);
    const auto begin = static_cast<std::size_t>(counts.indptr[static_cast<std::size_t>(cell)]);
    const auto end = static_cast<std::size_t>(counts.indptr[static_cast<std::size_t>(cell) + 1]);
    for (std::size_t i = begin; i < end; ++i) counts.data[i] = std::log1p(counts.data[i] * scale);
  }
}

void check_counts(CsrView counts, std::string_view source, CellIndex first_cell,
                  std::span<const std::string> gene_ids) {
  for (CellIndex cell = 0; cell < counts.n_cells; ++cell) {
    const RowView row = counts.row(cell);
    for (std::size_t i = 0; i < row.data.size(); ++i) {
      if (row.data[i] >= 0 && std::isfinite(row.data[i])) continue;
      const auto gene = static_cast<std::size_t>(row.indices[i]);
      const std::string name = gene < gene_ids.size() ? gene_ids[gene] : fmt::format("number {}", gene);
      throw core::InputError(
          fmt::format("{}: cell {} (counted from 0), gene {} holds {}; counts must be finite and >= 0. Is this the "
                      "matrix of raw counts? "
                      "Another one can be named with --counts",
                      source, first_cell + cell, name, row.data[i]));
    }
  }
}

}  // namespace sctab::sparse
