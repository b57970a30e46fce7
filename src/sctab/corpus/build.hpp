#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/corpus/curation.hpp"
#include "sctab/corpus/split.hpp"
#include "sctab/formats/cell_source.hpp"

namespace sctab::corpus {

/// What any corpus of 20,000 genes needs, in bytes.
inline constexpr std::int64_t kLeastMemory = 500'000'000;

struct BuildOptions {
  CurationOptions curation;
  SplitOptions split;
  std::filesystem::path ontology;      // obo or json; empty: $SCTAB_ONTOLOGY, or an obo file next to the first source
  std::filesystem::path genes;         // gene list; empty: the union of the sources' Ensembl ids
  std::filesystem::path symbols;       // table of ids and symbols, in addition to the gene list's own
  std::filesystem::path obs;           // table of labels, joined to all sources by the names of cells; empty: none
  std::string counts;                  // matrix name for all sources; empty: found
  std::string donor_key = "donor_id";  // obs column(s), comma-separated; a donor is dataset + these
  std::string dataset_key;             // obs column; empty: dataset_id or study where there, else the file's name
  std::string cell_type_key = "cell_type_ontology_term_id";
  std::int64_t memory_bytes = 4'000'000'000;
  int threads = 0;
  formats::OpenOptions open;
  bool keep_going = false;  // leave out sources that cannot be used
  bool resume = false;      // go on with the unfinished build in STORE.build
  bool overwrite = false;   // replace a finished store
  double seconds_between_checkpoints = 60;
  void validate() const;  // throws InputError naming the field
};

/// A source that is not used, and what is wrong with it.
struct SkippedSource {
  std::filesystem::path path;
  core::Problem problem;
  [[nodiscard]] std::string reason() const { return core::format(problem); }
};

struct BuildResult {
  std::vector<RuleEffect> effects;
  std::int64_t n_cells = 0, n_donors = 0, n_types = 0, cells_without_donor = 0;
  std::array<std::int64_t, 3> split_cells{}, split_donors{};  // in the order of store::kSplits
  std::int64_t bytes = 0;
  std::vector<SkippedSource> skipped;
  nlohmann::json provenance;  // as kept in store.json
};
nlohmann::json to_json(const BuildResult& result);

/// Sources to store. Reads the obs of all sources (some 12 bytes a cell), curates and splits, then reads the counts in
/// blocks. Whole or not at all: a failed or interrupted build leaves an earlier store as it was; what it has done lies
/// in STORE.build, if it is worth a minute, and a build with options.resume goes on from there to the same bytes.
/// Throws InputError naming source, cell, column, and BadSources where a source is to blame that may be left out. With
/// options.keep_going sources that cannot be used are left out, and
/// the store is the one of the others.
BuildResult build(const std::vector<std::filesystem::path>& sources, const std::filesystem::path& store,
                  const BuildOptions& options);

/// The ontology that a build reads: the one given, else as BuildOptions says. Throws InputError where there is none.
std::filesystem::path find_ontology(const std::filesystem::path& given, const std::filesystem::path& first_source);

}  // namespace sctab::corpus
