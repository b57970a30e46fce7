#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sctab/corpus/cell_table.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::corpus {

/// The paper's curation, each rule an option. A value of 0 (or false) turns a rule off.
struct CurationOptions {
  bool primary_only = true;        // is_primary_data
  bool assume_primary = false;     // for sources without the column
  bool tenx_only = true;           // assay among the paper's seven 10x names
  bool below_native_cell = true;   // strict descendants of CL:0000003
  std::int64_t min_cells = 5000;   // a type
  std::int64_t min_donors = 30;    // a type
  std::int64_t min_ancestors = 7;  // of a type, in the Cell Ontology
  bool strict_thresholds = false;  // preset published: its code drops types with <= min_donors and <= min_ancestors
  void validate() const;           // throws InputError naming the field
};

/// What one rule removed, of what the rules before it had left.
struct RuleEffect {
  std::string rule;    // "assay is 10x"
  std::string option;  // of the command line, that eases it: "--any-assay"; empty: it cannot be turned off
  std::int64_t cells = 0;
  std::int64_t donors = 0, types = 0;  // those with no cell left
};

/// A type as it is before the thresholds are applied.
struct TypeSummary {
  std::int32_t type = 0;  // code in the table
  std::int64_t cells = 0, donors = 0, ancestors = 0;
};

struct Curation {
  std::vector<RuleEffect> effects;      // in the order applied; rules turned off are not there
  std::vector<TypeSummary> candidates;  // types that the thresholds were asked about, most cells first
  bool strict_thresholds = false;       // as in the options
};

/// True for the paper's seven names: "10x 3' v3", "10x 5' transcription profiling" and so on.
bool is_10x_assay(std::string_view assay);

/// Applies the rules once each, in the paper's order: primary data, assay, labelled, below native cell, cells, donors,
/// ancestors. Each counts what the rules before it left. Clears `kept` of the cells that fall.
Curation curate(CellTable& cells, const ontology::Ontology& ontology, const CurationOptions& options);

/// Throws InputError where fewer than two types are left, saying what each rule removed and which thresholds the
/// largest types would have met.
void require_two_types(const CellTable& cells, const Curation& curation, const ontology::Ontology& ontology);

}  // namespace sctab::corpus
