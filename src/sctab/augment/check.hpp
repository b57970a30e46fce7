#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "sctab/augment/explained_variance.hpp"
#include "sctab/sparse/csr.hpp"
#include "sctab/store/store.hpp"

namespace sctab::augment {

struct CheckOptions {
  std::int64_t map_cells = 0;  // cells to place on a map; 0: no map
  std::uint64_t seed = 1;      // for which vector moves which cell
  int threads = 0;
  void validate() const;  // throws InputError naming the field
};

/// A cell's scores on the first two principal components of the map's raw cells; 0 where these vary in fewer than two.
struct MapPoint {
  core::CellIndex cell = 0;  // position among the training cells, in store order
  bool augmented = false;
  float pc1 = 0, pc2 = 0;
};

struct CheckResult {
  std::int64_t n_cells = 0, cells_without_donor = 0;  // compared; skipped
  ExplainedVariance raw, augmented;
  std::vector<MapPoint> map;
};
nlohmann::json to_json(const CheckResult& result);

/// How much of the variance of a store's training cells their type and their donor explain, before and after
/// augmentation by `vectors` (n_vectors × n_genes, see vectors_for()). Reads the cells once.
CheckResult check_vectors(const store::Store& store, sparse::CsrView vectors, const CheckOptions& options = {});

/// A csv of cell (in store order), dataset and source_row (its row in the source), cell_type,
/// cell_type_ontology_term_id, donor, state (raw or augmented), pc1, pc2; whole or not at all.
void write_map(const std::filesystem::path& path, const CheckResult& result, const store::Store& store);

}  // namespace sctab::augment
