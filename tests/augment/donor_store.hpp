#pragma once

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/store/loader.hpp"
#include "support/small_store.hpp"

namespace sctab::augment::tests {

struct DonorStoreOptions {
  std::int32_t n_types = 3, n_donors = 6;  // of training cells; two more donors have validation and test cells
  store::CellIndex cells_per_group = 8;    // for each type and donor
  core::GeneIndex n_genes = 90;
  double donor_effect = 0.8;  // standard deviation of a gene's log mean between donors
  bool last_type_of_one_donor = false;
  bool first_donor_unknown = false;
  std::uint64_t seed = 1;
};

inline store::CategoryTables donor_tables(const DonorStoreOptions& options) {
  store::CategoryTables tables;
  for (std::int32_t i = 0; i < options.n_types; ++i) {
    tables.cell_types.push_back({"type " + std::to_string(i), "CL:000010" + std::to_string(i)});
  }
  for (std::int32_t i = 0; i < options.n_donors + 2; ++i) {
    const bool unknown = i == 0 && options.first_donor_unknown;
    tables.column(store::Field::kDonor).push_back(unknown ? "unknown" : "donor " + std::to_string(i));
  }
  for (const store::Field field : {store::Field::kDataset, store::Field::kAssay, store::Field::kTissue,
                                   store::Field::kTissueGeneral, store::Field::kDisease}) {
    tables.column(field) = {"only"};
  }
  return tables;
}

/// Poisson counts; every third gene is high in one type, and each donor has its own effect on each gene.
inline store::Store make_donor_store(const std::filesystem::path& directory, const DonorStoreOptions& options = {},
                                     const nlohmann::json& provenance = {{"made_by", "a test"}}) {
  sctab::tests::SmallStore cells(options.n_genes, options.seed);
  cells.tables = donor_tables(options);
  cells.provenance = provenance;
  core::Rng rng(options.seed);
  for (std::int32_t donor = 0; donor < options.n_donors + 2; ++donor) {
    const auto split = static_cast<store::Split>(std::max(0, donor - options.n_donors + 1));
    std::vector<double> effect;
    for (core::GeneIndex g = 0; g < options.n_genes; ++g) effect.push_back(rng.normal() * options.donor_effect);
    for (std::int32_t type = 0; type < options.n_types; ++type) {
      if (options.last_type_of_one_donor && type == options.n_types - 1 && donor != 1) continue;
      const auto mean = [&](core::GeneIndex g) {
        return (g % 3 == type ? 3.0 : 0.3) * std::exp(effect[static_cast<std::size_t>(g)]);
      };
      for (store::CellIndex i = 0; i < options.cells_per_group; ++i) {
        cells.add(rng, mean, {type, donor, 0, 0, 0, 0, 0}, split);
      }
    }
  }
  return cells.write(directory);
}

/// The training cells, log-normalised and dense: one vector a cell, in store order.
inline std::vector<std::vector<double>> dense_cells(const store::Store& store) {
  std::vector<std::vector<double>> cells;
  store::Loader loader(store, store::Split::kTrain, {.shuffle = false, .threads = 1});
  for (store::Batch batch; loader.next(batch);) {
    for (store::CellIndex i = 0; i < batch.x.n_cells; ++i) {
      std::vector<double> cell(static_cast<std::size_t>(batch.x.n_genes), 0.0);
      const sparse::RowView row = batch.x.row(i);
      for (std::size_t at = 0; at < row.indices.size(); ++at) {
        cell[static_cast<std::size_t>(row.indices[at])] = static_cast<double>(row.data[at]);
      }
      cells.push_back(std::move(cell));
    }
  }
  return cells;
}

}  // namespace sctab::augment::tests
