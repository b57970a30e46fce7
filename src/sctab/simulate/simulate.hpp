#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace sctab::simulate {

struct SimulateOptions {
  std::int64_t n_cells = 20'000;  // in all
  int n_sources = 4;              // files; each holds some tissues and donors of its own
  int n_donors = 24;              // in all
  int n_types = 24;               // at mixed ontology depths; at most the number of profiles
  int n_genes = 19'331;
  double donor_effect = 0.25;   // standard deviation of a gene's log expression between donors, for genes that vary
  double coarse_labels = 0.10;  // share of donor-and-type groups whose author gave a parent type instead
  std::uint64_t seed = 1;
  int threads = 0;
  void validate() const;  // throws InputError naming the field
};

struct SimulateResult {
  std::vector<std::filesystem::path> sources;
  std::filesystem::path ontology, genes;
  std::int64_t n_cells = 0;
};

/// Writes DIR/source-01.h5ad …, ontology.obo, genes.csv and truth.json, in bounded memory whatever n_cells. The obs
/// carries the CELLxGENE columns (cell_type, cell_type_ontology_term_id, donor_id, assay, tissue, tissue_general,
/// disease, is_primary_data) and true_cell_type(_ontology_term_id).
SimulateResult simulate(const std::filesystem::path& directory, const SimulateOptions& options);

}  // namespace sctab::simulate
