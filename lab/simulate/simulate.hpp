#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace sctab::simulate {

struct SimulateOptions {
  std::int64_t n_cells = 20'000;  // in total
  int n_sources = 4;              // files; each has its own donors and shares tissues with others
  int n_donors = 24;              // in total
  int n_types = 24;               // at mixed ontology depths; at most 40
  int n_genes = 19'331;
  double donor_effect = 0.25;   // standard deviation of a gene's log expression between donors, for genes that vary
  double coarse_labels = 0.10;  // fraction of donor-and-type groups that are labelled with a parent type
  std::uint64_t seed = 1;
  int threads = 0;
  bool overwrite = false;  // replace simulated cells that are there
  void validate() const;   // throws InputError with the field as its key
};

struct SimulateResult {
  std::vector<std::filesystem::path> sources;
  std::filesystem::path ontology, genes;
  std::int64_t n_cells = 0;
};

/// Writes DIR/source-01.h5ad …, ontology.obo, genes.csv and truth.json (options, and the content of each source and
/// type) in bounded memory: a few blocks of counts and about 100 bytes per cell of one source. X holds raw counts. The
/// obs carries the CELLxGENE columns (cell_type, cell_type_ontology_term_id, donor_id, assay, tissue, tissue_general,
/// disease, is_primary_data), dataset_id, and true_cell_type(_ontology_term_id), which is the label's type or a
/// subtype. donor_id is unique only within a source. About 1% of the cells are not primary data, 1% have an assay other
/// than 10x and 0.5% have the donor "unknown", for curation to remove. Genes are made up: ENSG00009000001 (SIM1) and so
/// on.
///
/// Cells depend on the options and the seed, not on `threads`. Whole or not at all. Throws InputError as
/// core::StagedFolder does.
SimulateResult simulate(const std::filesystem::path& directory, const SimulateOptions& options);

}  // namespace sctab::simulate
