#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sctab/core/progress.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/store/store.hpp"
#include "sctab/store/writer.hpp"
#include "support/gene_id.hpp"

namespace sctab::store::tests {

/// Cheap cells that any test can make again from their number, which is their source_row.
struct Simulation {
  CellIndex n_cells = 100'000;
  GeneIndex n_genes = 1000;
  double genes_per_cell = 40;
  std::array<double, 3> fractions = {0.7, 0.15, 0.15};
  float unit = 1;  // all counts are multiples of it
  WriterOptions options;
};

inline constexpr int kTypes = 5, kDonorsPerSplit = 4;

inline CategoryTables simulated_tables() {
  CategoryTables tables;
  for (int i = 0; i < kTypes; ++i) {
    tables.cell_types.push_back({"type " + std::to_string(i), "CL:000010" + std::to_string(i)});
  }
  for (int i = 0; i < 3 * kDonorsPerSplit; ++i) tables.column(Field::kDonor).push_back("donor " + std::to_string(i));
  tables.column(Field::kDataset) = {"study A", "study B"};
  tables.column(Field::kAssay) = {"10x 3' v2", "10x 3' v3"};
  tables.column(Field::kTissue) = {"left lung", "liver", "never used"};
  tables.column(Field::kTissueGeneral) = {"lung", "liver"};
  tables.column(Field::kDisease) = {"normal"};
  return tables;
}

/// Genes of the source's order, ascending, and counts; some cells are empty.
inline void simulate_counts(const Simulation& simulation, CellIndex cell, sparse::CsrMatrix& matrix) {
  core::Rng rng = core::Rng(11).child("cell", static_cast<std::uint64_t>(cell));
  std::vector<GeneIndex> genes;
  std::vector<float> counts;
  const bool empty = cell % 997 == 5;
  // Gaps between genes are geometric, and vary along the genes so that their means differ.
  for (GeneIndex gene = 0; !empty; ++gene) {
    const double mean_gap = simulation.n_genes / simulation.genes_per_cell * (0.5 + (gene % 100) / 100.0);
    gene += static_cast<GeneIndex>(-std::log(1 - rng.uniform()) * mean_gap);
    if (gene >= simulation.n_genes) break;
    genes.push_back(gene);
    counts.push_back(simulation.unit * static_cast<float>(1 + (rng.below(4) == 0 ? rng.below(100) : 0)));
  }
  matrix.append_row(genes, counts);
}

inline Split simulated_split(const Simulation& simulation, CellIndex cell) {
  const double draw = core::Rng(12).child("split", static_cast<std::uint64_t>(cell)).uniform();
  if (draw < simulation.fractions[0]) return Split::kTrain;
  return draw < simulation.fractions[0] + simulation.fractions[1] ? Split::kVal : Split::kTest;
}

inline CellObs simulated_obs(CellIndex cell, Split split) {
  CellObs obs;
  const auto code = [cell](CellIndex n) { return static_cast<std::int32_t>(cell % n); };
  obs.codes = {code(kTypes),
               code(kDonorsPerSplit) + kDonorsPerSplit * static_cast<std::int32_t>(split),
               code(2),
               code(2),
               code(2),
               code(2),
               0};
  if (split == Split::kTrain && cell % 50 == 0) obs.codes[static_cast<std::size_t>(Field::kDonor)] = -1;
  obs.source_row = cell;
  return obs;
}

/// Writes the store, adding cells_per_add cells at a time.
inline void write_simulated(const std::filesystem::path& directory, const Simulation& simulation,
                            CellIndex cells_per_add = 10'000) {
  core::Progress::set_quiet(true);
  std::vector<Split> splits;
  std::vector<CellObs> obs;
  std::array<CellIndex, 3> n_cells{};
  for (CellIndex cell = 0; cell < simulation.n_cells; ++cell) {
    splits.push_back(simulated_split(simulation, cell));
    obs.push_back(simulated_obs(cell, splits.back()));
    ++n_cells[static_cast<std::size_t>(splits.back())];
  }
  Writer writer(directory, sctab::tests::gene_list(simulation.n_genes), simulated_tables(), n_cells,
                simulation.options);
  sparse::CsrMatrix counts;
  for (CellIndex begin = 0; begin < simulation.n_cells; begin += cells_per_add) {
    const CellIndex n = std::min(cells_per_add, simulation.n_cells - begin);
    counts.clear(simulation.n_genes);
    for (CellIndex cell = begin; cell < begin + n; ++cell) simulate_counts(simulation, cell, counts);
    const auto from = static_cast<std::size_t>(begin);
    writer.add(counts.view(), std::span(obs).subspan(from, static_cast<std::size_t>(n)),
               std::span(splits).subspan(from, static_cast<std::size_t>(n)));
  }
  writer.finish({{"version", "none"}}, {{"made_by", "a test"}});
}

/// Compares cells of a store with the simulation, for any order of the store's genes.
class CellChecker {
 public:
  CellChecker(const Simulation& simulation, const genes::GeneList& genes) : simulation_(simulation) {
    for (const std::string& id : genes.ids) source_gene_.push_back(std::stoi(id.substr(4)));
  }
  /// counts: the raw counts found for the cell.
  [[nodiscard]] bool equal(sparse::RowView counts, CellIndex cell) {
    expected_.clear(simulation_.n_genes);
    simulate_counts(simulation_, cell, expected_);
    std::map<GeneIndex, float> found;
    for (std::size_t i = 0; i < counts.indices.size(); ++i) {
      found[source_gene_[static_cast<std::size_t>(counts.indices[i])]] = counts.data[i];
    }
    const auto row = expected_.row(0);
    if (found.size() != row.indices.size()) return false;
    return std::all_of(found.begin(), found.end(), [&, i = std::size_t{0}](const auto& entry) mutable {
      const bool same = entry.first == row.indices[i] && entry.second == row.data[i];
      ++i;
      return same;
    });
  }

 private:
  Simulation simulation_;
  std::vector<GeneIndex> source_gene_;  // of each gene of the store
  sparse::CsrMatrix expected_;
};

}  // namespace sctab::store::tests
