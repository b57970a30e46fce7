#include "sctab/augment/cell_sample.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "sctab/store/obs_columns.hpp"

namespace sctab::augment {

std::vector<std::int32_t> known_donors(const store::Store& store) {
  const std::vector<std::string>& names = store.tables().column(store::Field::kDonor);
  std::vector<std::int32_t> donors = store.codes(store::Split::kTrain, store::Field::kDonor);
  for (std::int32_t& donor : donors) {
    if (!store::is_known(names, donor)) donor = -1;
  }
  return donors;
}

// Cells that wait for exponential times with their weights as rates come in the order of such draws (Efraimidis and
// Spirakis 2006): the n that come first are the sample.
std::vector<CellIndex> sample_evenly(std::span<const TypeIndex> types, std::int64_t n, core::Rng rng) {
  std::vector<double> cells_of_type;
  for (const TypeIndex type : types) {
    if (type < 0) continue;
    const auto at = static_cast<std::size_t>(type);
    if (at >= cells_of_type.size()) cells_of_type.resize(at + 1, 0.0);
    ++cells_of_type[at];
  }
  std::vector<std::pair<double, CellIndex>> first;  // a heap, the latest of them on top
  for (std::size_t cell = 0; cell < types.size(); ++cell) {
    if (types[cell] < 0) continue;
    const double time = -std::log1p(-rng.uniform()) * cells_of_type[static_cast<std::size_t>(types[cell])];
    if (std::ssize(first) >= n && (first.empty() || time >= first.front().first)) continue;
    if (std::ssize(first) >= n) {
      std::ranges::pop_heap(first);
      first.pop_back();
    }
    first.emplace_back(time, static_cast<CellIndex>(cell));
    std::ranges::push_heap(first);
  }
  std::vector<CellIndex> cells;
  cells.reserve(first.size());
  for (const auto& [time, cell] : first) cells.push_back(cell);
  std::ranges::sort(cells);
  return cells;
}

}  // namespace sctab::augment
