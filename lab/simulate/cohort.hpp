#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/simulate/lineage.hpp"
#include "lab/simulate/simulate.hpp"
#include "sctab/core/index.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::simulate {

using core::CellIndex;

/// How a sample was sequenced, and what that does to the library size.
struct Assay {
  std::string_view name;
  double log_library;
};
/// 10x assays, and as the last one another, of which a few cells are.
std::span<const Assay> assays();

/// The state of health that donors are in; it has no effect on expression.
std::span<const std::string_view> diseases();

/// One person in one source.
struct Donor {
  int source = 0;
  std::string id;  // distinct within its source only, as it is in published data
  std::size_t assay = 0, disease = 0;
  double ambient = 0;      // share of each cell's counts that is soup
  double log_library = 0;  // effect on the log library size
  CellIndex first_cell = 0, n_cells = 0;
  std::vector<double> kinds;                // share of cells of each tissue and type, tissue-major, of sum 1
  std::vector<ontology::TermIndex> labels;  // what the source's author called each type here
};

/// Who gives cells to which source, and of what kinds: all of the plan but the cells.
struct Cohort {
  Cohort(const SimulateOptions& options, const ontology::Ontology& ontology);

  /// Share of the donor's cells that are of this tissue and type.
  [[nodiscard]] double share(const Donor& donor, std::size_t tissue, std::size_t type) const {
    return donor.kinds[tissue * types.size() + type];
  }
  /// Donors of one source; they follow one another, as do their cells.
  [[nodiscard]] std::span<const Donor> donors_of(int source) const;

  std::vector<ontology::TermIndex> types;                    // the true types
  std::vector<std::vector<std::size_t>> relatives;           // of each type: others that its cells can resemble
  std::vector<double> log_library_of_type;                   // median of the log library size
  std::vector<std::vector<std::size_t>> tissues_of_sources;  // ascending
  std::vector<Donor> donors;                                 // by source
};

}  // namespace sctab::simulate
