#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace sctab::simulate {

struct SimulateOptions {
  std::int64_t n_cells = 20'000;  // in all
  int n_sources = 4;              // files; each with donors of its own and tissues that it shares with others
  int n_donors = 24;              // in all
  int n_types = 24;               // at mixed ontology depths; at most 40
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

/// Writes DIR/source-01.h5ad …, ontology.obo, genes.csv and truth.json (options, and what is in each source and type),
/// in bounded memory: some blocks of counts and about 100 bytes a cell of the source being written. X holds raw counts.
/// The obs carries the CELLxGENE columns (cell_type, cell_type_ontology_term_id, donor_id, assay, tissue,
/// tissue_general, disease, is_primary_data), dataset_id, and true_cell_type(_ontology_term_id), which is the label's
/// type or one below it. donor_id is distinct within a source only. About 1% of the cells are no primary data, 1% come
/// from an assay outside 10x and 0.5% have the donor "unknown", for curation to find. Genes are made up:
/// ENSG00009000001 (SIM1) and on.
///
/// Cells depend on the options and the seed, not on `threads`. `directory` is replaced whole, and only where it is
/// empty or made by this function; throws InputError otherwise.
SimulateResult simulate(const std::filesystem::path& directory, const SimulateOptions& options);

}  // namespace sctab::simulate
