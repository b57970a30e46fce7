#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

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
};

struct SplitOptions {
  double val_fraction = 0.15;  // of donors, not of cells: the question is how we do on people never seen
  double test_fraction = 0.15;
  bool keep_types_in_train = true;  // donors who alone carry a type go to train: it could not be learnt otherwise
  std::uint64_t seed = 1;
  void validate() const;  // throws InputError naming the field
};

struct BuildOptions {
  CurationOptions curation;
  SplitOptions split;
  std::filesystem::path
      ontology;                 // obo or json; empty: $SCTAB_ONTOLOGY, or ontology.obo / cl.obo beside the first source
  std::filesystem::path genes;  // gene list; empty: the union of the sources' Ensembl ids
  std::filesystem::path symbols;       // table of ids and symbols, beside the gene list's own
  std::string counts;                  // matrix name for all sources; empty: found
  std::string donor_key = "donor_id";  // obs column(s), comma-separated; a donor is dataset + these
  std::string dataset_key;             // obs column; empty: dataset_id or study where there, else the file's name
  std::string cell_type_key = "cell_type_ontology_term_id";
  std::int64_t memory_bytes = 4'000'000'000;
  int threads = 0;
};

/// What one rule removed.
struct RuleEffect {
  std::string rule;  // "assay is 10x"
  std::int64_t cells = 0, donors = 0, types = 0;
};

struct BuildResult {
  std::vector<RuleEffect> effects;
  std::int64_t n_cells = 0, n_donors = 0, n_types = 0, cells_without_donor = 0;
  std::int64_t bytes = 0;
  nlohmann::json provenance;  // as kept in store.json
};

/// Sources to store. Whole or not at all. Throws InputError naming source, cell, column.
BuildResult build(const std::vector<std::filesystem::path>& sources, const std::filesystem::path& store,
                  const BuildOptions& options);

}  // namespace sctab::corpus
