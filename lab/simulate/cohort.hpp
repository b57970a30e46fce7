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

/// How a sample was sequenced, and the effect on the library size.
struct Assay {
  std::string_view name;
  double log_library;
};
/// 10x assays, and last a different one that a few cells have.
inline constexpr Assay kAssays[] = {{"10x 3' v3", 0.15}, {"10x 3' v2", -0.3}, {"10x 5' v1", 0.0}, {"Drop-seq", -0.6}};

/// The donors' state of health, which has no effect on expression.
inline constexpr std::string_view kDiseases[] = {"normal", "normal", "normal", "type 2 diabetes mellitus"};

/// One person in one source.
struct Donor {
  int source = 0;
  std::string id;  // unique only within its source, as in published data
  std::size_t assay = 0, disease = 0;
  double ambient = 0;      // fraction of each cell's counts that is soup
  double log_library = 0;  // effect on the log library size
  CellIndex first_cell = 0, n_cells = 0;
  std::vector<double> kinds;                // fraction of cells by tissue and type, tissue-major, summing to 1
  std::vector<ontology::TermIndex> labels;  // the author's label for each type
};

/// Which donors give which kinds of cells to which sources: the whole plan except the cells.
struct Cohort {
  Cohort(const SimulateOptions& options, const ontology::Ontology& ontology);

  /// The fraction of the donor's cells with this tissue and type.
  [[nodiscard]] double share(const Donor& donor, std::size_t tissue, std::size_t type) const {
    return donor.kinds[tissue * types.size() + type];
  }
  /// The donors of one source. They are consecutive, and so are their cells.
  [[nodiscard]] std::span<const Donor> donors_of(int source) const;

  std::vector<ontology::TermIndex> types;                    // the true types
  std::vector<std::vector<std::size_t>> relatives;           // by type: other types that its cells can resemble
  std::vector<double> log_library_of_type;                   // median of the log library size
  std::vector<std::vector<std::size_t>> tissues_of_sources;  // ascending
  std::vector<Donor> donors;                                 // by source
};

}  // namespace sctab::simulate
