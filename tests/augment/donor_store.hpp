#pragma once

#include <array>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/core/progress.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/store.hpp"
#include "sctab/store/writer.hpp"

namespace sctab::augment::tests {

struct DonorStoreOptions {
  std::int32_t n_types = 3, n_donors = 6;  // of training cells; two donors more have validation and test cells
  store::CellIndex cells_per_group = 8;    // of each type and donor
  sparse::GeneIndex n_genes = 90;
  double donor_effect = 0.8;  // standard deviation of a gene's log mean between donors
  bool last_type_of_one_donor = false;
  bool first_donor_unknown = false;
  std::uint64_t seed = 1;
};

/// Poisson counts; every third of the genes is high in one type, and each donor has an effect of its own on each gene.
class DonorStore {
 public:
  explicit DonorStore(const DonorStoreOptions& options) : options_(options), rng_(options.seed) {}

  store::Store write(const std::filesystem::path& directory, const nlohmann::json& provenance) {
    core::Progress::set_quiet(true);
    counts_.clear(options_.n_genes);
    for (std::int32_t donor = 0; donor < options_.n_donors + 2; ++donor) {
      const auto split = static_cast<store::Split>(std::max(0, donor - options_.n_donors + 1));
      add_donor(donor, split);
    }
    std::array<store::CellIndex, 3> n_cells{};
    for (const store::Split split : splits_) ++n_cells[static_cast<std::size_t>(split)];
    store::Writer writer(directory, genes(), tables(), n_cells, {.seed = options_.seed, .threads = 1});
    writer.add(counts_.view(), obs_, splits_);
    writer.finish({{"version", "none"}}, provenance);
    return store::Store::open(directory);
  }

 private:
  [[nodiscard]] genes::GeneList genes() const {
    genes::GeneList genes;
    for (sparse::GeneIndex g = 0; g < options_.n_genes; ++g) {
      const std::string digits = std::to_string(g);
      genes.ids.push_back("ENSG" + std::string(11 - digits.size(), '0') + digits);
      genes.symbols.push_back("G" + digits);
    }
    return genes;
  }
  [[nodiscard]] store::CategoryTables tables() const {
    store::CategoryTables tables;
    for (std::int32_t i = 0; i < options_.n_types; ++i) {
      tables.cell_types.push_back({"type " + std::to_string(i), "CL:000010" + std::to_string(i)});
    }
    for (std::int32_t i = 0; i < options_.n_donors + 2; ++i) {
      const bool unknown = i == 0 && options_.first_donor_unknown;
      tables.column(store::Field::kDonor).push_back(unknown ? "unknown" : "donor " + std::to_string(i));
    }
    for (const store::Field field : {store::Field::kDataset, store::Field::kAssay, store::Field::kTissue,
                                     store::Field::kTissueGeneral, store::Field::kDisease}) {
      tables.column(field) = {"only"};
    }
    return tables;
  }
  void add_donor(std::int32_t donor, store::Split split) {
    std::vector<double> effect;
    for (sparse::GeneIndex g = 0; g < options_.n_genes; ++g) effect.push_back(rng_.normal() * options_.donor_effect);
    for (std::int32_t type = 0; type < options_.n_types; ++type) {
      if (options_.last_type_of_one_donor && type == options_.n_types - 1 && donor != 1) continue;
      for (store::CellIndex i = 0; i < options_.cells_per_group; ++i) add_cell(type, donor, split, effect);
    }
  }
  void add_cell(std::int32_t type, std::int32_t donor, store::Split split, const std::vector<double>& effect) {
    std::vector<sparse::GeneIndex> indices;
    std::vector<float> data;
    for (sparse::GeneIndex g = 0; g < options_.n_genes; ++g) {
      const double mean = (g % 3 == type ? 3.0 : 0.3) * std::exp(effect[static_cast<std::size_t>(g)]);
      const auto count = rng_.poisson(mean);
      if (count == 0) continue;
      indices.push_back(g);
      data.push_back(static_cast<float>(count));
    }
    counts_.append_row(indices, data);
    obs_.push_back({{type, donor, 0, 0, 0, 0, 0}, static_cast<store::CellIndex>(obs_.size())});
    splits_.push_back(split);
  }

  DonorStoreOptions options_;
  core::Rng rng_;
  sparse::CsrMatrix counts_;
  std::vector<store::CellObs> obs_;
  std::vector<store::Split> splits_;
};

inline store::Store make_donor_store(const std::filesystem::path& directory, const DonorStoreOptions& options = {},
                                     const nlohmann::json& provenance = {{"made_by", "a test"}}) {
  return DonorStore(options).write(directory, provenance);
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
