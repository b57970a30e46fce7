#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "lab/simulate/cohort.hpp"
#include "lab/simulate/expression.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/thread_pool.hpp"

namespace sctab::simulate {

/// The obs of one cell, as positions in the tables of the same names.
struct CellFacts {
  std::uint8_t tissue = 0, type = 0, assay = 0;
  bool primary = true, donor_known = true;
};

/// What all sources of a simulation have in common.
struct Study {
  const SimulateOptions& options;
  const ontology::Ontology& ontology;
  const Cohort& cohort;
  const ExpressionModel& model;
};

/// ENSG00009000001 and so on: Ensembl's format for human genes, from a range that Ensembl does not use.
std::string gene_id(sparse::GeneIndex gene);
/// SIM1 and so on.
std::string gene_symbol(sparse::GeneIndex gene);

/// Draws all cells of one source and writes them to `path`, a new h5ad, in blocks. Memory: a few blocks of counts and a
/// few bytes per cell. Returns each cell's facts.
std::vector<CellFacts> write_source(const std::filesystem::path& path, const Study& study, int source,
                                    core::ThreadPool& pool, core::Progress& progress);

}  // namespace sctab::simulate
