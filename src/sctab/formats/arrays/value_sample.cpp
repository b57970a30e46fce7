#include "sctab/formats/arrays/value_sample.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sctab/core/interrupt.hpp"

namespace sctab::arrays {
namespace {

constexpr std::int64_t kMostValues = 1 << 22;

/// A matrix as a grid of pieces of whole chunks.
struct Grid {
  std::int64_t piece_rows = 0, piece_columns = 0;
  std::int64_t n_rows = 0, n_columns = 0;  // pieces
};

/// Pieces of whole chunks where they are of a likely size, else of some 64 × 64 to 1,024 × 1,024 numbers.
std::int64_t piece_extent(std::int64_t extent, std::int64_t chunk) {
  return std::min(extent, std::clamp<std::int64_t>(chunk, 64, 1024));
}

Grid grid_of(const NumberMatrix& matrix) {
  Grid grid;
  grid.piece_rows = piece_extent(matrix.n_rows(), matrix.chunk_rows());
  grid.piece_columns = piece_extent(matrix.n_columns(), matrix.chunk_columns());
  grid.n_rows = (matrix.n_rows() + grid.piece_rows - 1) / grid.piece_rows;
  grid.n_columns = (matrix.n_columns() + grid.piece_columns - 1) / grid.piece_columns;
  return grid;
}

void add_block(NumberMatrix& matrix, const Block& block, formats::ValueSummary& summary) {
  const auto n = static_cast<std::size_t>(block.n_rows * block.n_columns);
  visit_number(matrix.number(), [&](auto zero) {
    using Value = decltype(zero);
    std::vector<Value> values(n);
    matrix.read(block, std::as_writable_bytes(std::span(values)));
    if constexpr (std::is_same_v<Value, float> || std::is_same_v<Value, double>) {
      summary.add(std::span<const Value>(values));
    } else {
      const std::vector<double> numbers(values.begin(), values.end());
      summary.add(std::span<const double>(numbers));
    }
  });
}

}  // namespace

formats::ValueSummary sample_values(NumberArray& values) {
  constexpr std::int64_t kPlaces = 20;
  formats::ValueSummary summary;
  const std::int64_t length = std::min(values.size(), (kMostValues + kPlaces - 1) / kPlaces);
  const std::int64_t n_places = length == values.size() ? 1 : kPlaces;
  std::vector<double> stretch(static_cast<std::size_t>(length));
  for (std::int64_t place = 0; place < n_places; ++place) {
    core::check_interrupt();
    values.read((values.size() - length) * place / (kPlaces - 1), std::span(stretch));
    summary.add(std::span<const double>(stretch));
  }
  return summary;
}

formats::ValueSummary sample_values(NumberMatrix& values) {
  constexpr double kGoldenRatio = 0.6180339887498949;  // of which the multiples fill [0, 1) evenly
  formats::ValueSummary summary;
  if (values.n_rows() == 0 || values.n_columns() == 0) return summary;
  const Grid grid = grid_of(values);
  const std::int64_t wanted = std::clamp<std::int64_t>(kMostValues / (grid.piece_rows * grid.piece_columns), 20, 200);
  const bool all = grid.n_rows <= wanted / grid.n_columns;
  const std::int64_t n_pieces = all ? grid.n_rows * grid.n_columns : wanted;
  for (std::int64_t piece = 0; piece < n_pieces; ++piece) {
    core::check_interrupt();
    std::int64_t row = piece % grid.n_rows, column = piece / grid.n_rows;
    if (!all) {
      const double place = static_cast<double>(piece) * kGoldenRatio;
      row = grid.n_rows * piece / n_pieces;
      column = static_cast<std::int64_t>((place - std::floor(place)) * static_cast<double>(grid.n_columns));
    }
    Block block{.row = row * grid.piece_rows, .column = column * grid.piece_columns};
    block.n_rows = std::min(grid.piece_rows, values.n_rows() - block.row);
    block.n_columns = std::min(grid.piece_columns, values.n_columns() - block.column);
    add_block(values, block, summary);
  }
  return summary;
}

}  // namespace sctab::arrays
