#include "sctab/augment/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "sctab/augment/batch_augmenter.hpp"
#include "sctab/augment/cell_sample.hpp"
#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/linalg/pca.hpp"
#include "sctab/store/loader.hpp"

namespace sctab::augment {
namespace {

using core::CellIndex;
using store::Field;
using store::Store;

constexpr auto kSplit = store::Split::kTrain;

/// Gives codes from 0 on to the donors that are there, so that no memory is spent on others.
std::int64_t renumber(std::vector<std::int32_t>& codes, std::size_t n_names) {
  std::vector<std::int32_t> number(n_names, -1);
  std::int32_t next = 0;
  for (std::int32_t& code : codes) {
    if (code < 0) continue;
    std::int32_t& of_name = number[static_cast<std::size_t>(code)];
    if (of_name < 0) of_name = next++;
    code = of_name;
  }
  return next;
}

/// The first cells of the store's order, which is a random one, before and after.
struct MapCells {
  sparse::CsrMatrix raw, augmented;
  std::vector<CellIndex> rows;

  void add(const store::Batch& batch, sparse::CsrView moved, std::int64_t most) {
    for (CellIndex i = 0; i < batch.x.n_cells && std::ssize(rows) < most; ++i) {
      raw.append_row(batch.x.row(i).indices, batch.x.row(i).data);
      augmented.append_row(moved.row(i).indices, moved.row(i).data);
      rows.push_back(batch.rows[static_cast<std::size_t>(i)]);
    }
  }
  [[nodiscard]] std::vector<MapPoint> place(std::uint64_t seed) const {
    std::vector<MapPoint> points;
    if (rows.size() < 2 || raw.n_genes < 2) return points;
    const linalg::Pca pca = linalg::fit_pca(raw.view(), {.n_components = 2, .power_iterations = 20, .seed = seed});
    const auto n = static_cast<std::size_t>(pca.n_components);  // fewer than 2 where the cells vary in less
    for (const bool is_augmented : {false, true}) {
      const std::vector<float> places = pca.project((is_augmented ? augmented : raw).view());
      for (std::size_t i = 0; i < rows.size(); ++i) {
        points.push_back({rows[i], is_augmented, n > 0 ? places[n * i] : 0, n > 1 ? places[n * i + 1] : 0});
      }
    }
    return points;
  }
};

nlohmann::json to_json(const RSquared& r_squared) {
  return {{"of_total_variance", r_squared.of_total}, {"mean_of_genes", r_squared.gene_mean}};
}

nlohmann::json to_json(const ExplainedVariance& explained) {
  return {{"cell_type", to_json(explained.cell_type)},
          {"donor", to_json(explained.donor)},
          {"cell_type_and_donor", to_json(explained.both)}};
}

}  // namespace

void CheckOptions::validate() const {
  if (map_cells >= 0) return;
  throw core::InputError({.subject = "cells on the map", .found = std::to_string(map_cells), .expected = "0 or more"});
}

nlohmann::json to_json(const CheckResult& result) {
  return {{"cells", result.n_cells},
          {"cells_without_donor", result.cells_without_donor},
          {"r_squared", {{"raw", to_json(result.raw)}, {"augmented", to_json(result.augmented)}}}};
}

CheckResult check_vectors(const Store& store, sparse::CsrView vectors, const CheckOptions& options) {
  options.validate();
  kernels::set_threads(options.threads);
  const core::GeneIndex n_genes = store.genes().size();
  const std::vector<std::int32_t> types = store.codes(kSplit, Field::kCellType);
  std::vector<std::int32_t> donors = known_donors(store);
  const auto n_types = std::ssize(store.tables().cell_types);
  const std::int64_t n_donors = renumber(donors, store.tables().column(Field::kDonor).size());
  VarianceSums raw(n_types, n_donors, n_genes), augmented(n_types, n_donors, n_genes);
  BatchAugmenter augmenter(vectors, options.seed);
  MapCells map;
  map.raw.clear(n_genes);
  map.augmented.clear(n_genes);
  store::Loader loader(store, kSplit, {.shuffle = false, .threads = options.threads});
  core::Progress progress("comparing raw and augmented cells", store.n_cells(kSplit));
  std::int64_t n_batches = 0;
  for (store::Batch batch; loader.next(batch); ++n_batches) {
    const sparse::CsrView moved = augmenter.augment(batch.x.view(), 0, n_batches);
    std::vector<std::int32_t> batch_types, batch_donors;
    for (const CellIndex row : batch.rows) {
      batch_types.push_back(types[static_cast<std::size_t>(row)]);
      batch_donors.push_back(donors[static_cast<std::size_t>(row)]);
    }
    raw.add(batch.x.view(), batch_types, batch_donors);
    augmented.add(moved, batch_types, batch_donors);
    map.add(batch, moved, options.map_cells);
    progress.advance(batch.x.n_cells);
  }
  progress.finish();
  return {raw.n_cells(), store.n_cells(kSplit) - raw.n_cells(), raw.explained(), augmented.explained(),
          map.place(options.seed)};
}

void write_map(const std::filesystem::path& path, const CheckResult& result, const Store& store) {
  const store::ObsTable obs = store.obs(kSplit);
  const auto text_of = [&](std::size_t cell, Field field) {
    const std::int32_t code = obs.column(field)[cell];
    return code < 0 ? std::string() : core::csv_field(store.tables().column(field)[static_cast<std::size_t>(code)]);
  };
  std::string csv = "cell,dataset,source_row,cell_type,cell_type_ontology_term_id,donor,state,pc1,pc2\n";
  for (const MapPoint& point : result.map) {
    const auto cell = static_cast<std::size_t>(point.cell);
    const auto& type = store.tables().cell_types[static_cast<std::size_t>(obs.column(Field::kCellType)[cell])];
    fmt::format_to(std::back_inserter(csv), "{},{},{},{},{},{},{},{:.6g},{:.6g}\n", point.cell,
                   text_of(cell, Field::kDataset), obs.source_row[cell], core::csv_field(type.label),
                   core::csv_field(type.id), text_of(cell, Field::kDonor), point.augmented ? "augmented" : "raw",
                   point.pc1, point.pc2);
  }
  core::write_file_atomically(path, csv);
}

}  // namespace sctab::augment
