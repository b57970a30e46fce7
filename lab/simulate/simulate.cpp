#include "lab/simulate/simulate.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "lab/simulate/source_file.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/output_folder.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/core/thread_pool.hpp"

namespace sctab::simulate {
namespace fs = std::filesystem;
namespace {

constexpr int kMostSources = 99;

template <typename T>
void require(bool holds, std::string_view field, T found, std::string_view expected) {
  if (holds) return;
  throw core::InputError(
      {.key = std::string(field), .found = fmt::to_string(found), .expected = std::string(expected)});
}

void write_genes(const fs::path& path, sparse::GeneIndex n_genes) {
  std::string text = "ensembl_id,gene_symbol\n";
  for (sparse::GeneIndex gene = 0; gene < n_genes; ++gene) {
    text += fmt::format("{},{}\n", gene_id(gene), gene_symbol(gene));
  }
  core::write_file_atomically(path, text);
}

nlohmann::json describe(const SimulateOptions& options) {
  return {{"n_cells", options.n_cells},
          {"n_sources", options.n_sources},
          {"n_donors", options.n_donors},
          {"n_types", options.n_types},
          {"n_genes", options.n_genes},
          {"donor_effect", options.donor_effect},
          {"coarse_labels", options.coarse_labels},
          {"seed", options.seed}};
}

constexpr const char* kTruth = "truth.json";
constexpr const char* kMadeBy = "sctab simulate";
constexpr const char* kOntologyFile = "ontology.obo";
constexpr const char* kGenesFile = "genes.csv";

/// number: from 1.
std::string source_file(int number) {
  return fmt::format("source-{:02}.h5ad", number);
}

/// "a finished simulation of 3,000 cells with seed 1".
std::string describe_finished_cells(const fs::path& folder) {
  const nlohmann::json json = core::read_json(folder / kTruth);
  const core::JsonFields fields(json, {.file = (folder / kTruth).string()});
  if (fields.get<std::string>("made_by") != kMadeBy) throw fields.error("made_by", kMadeBy);
  const core::JsonFields options = fields.object("options");
  return fmt::format("a finished simulation of {} with seed {}",
                     core::plural(options.get<CellIndex>("n_cells"), "cell"), options.get<std::uint64_t>("seed"));
}

core::FolderKind simulation_folder() {
  const auto is_ours = [](const std::string& name) {
    if (name == kTruth || name == kOntologyFile || name == kGenesFile) return true;
    for (int number = 1; number <= kMostSources; ++number) {
      if (name == source_file(number)) return true;
    }
    return false;
  };
  return {.noun = "simulation", .marker = kTruth, .is_ours = is_ours, .describe = describe_finished_cells};
}

// The truth about the simulated cells: the options, the cells and donors of each type, the tissues of each source.
class Truth {
 public:
  explicit Truth(const Study& study) : study_(study), types_(study.cohort.types.size()) {}

  void add_source(int source, const std::string& file, const std::vector<CellFacts>& facts) {
    const auto donors = study_.cohort.donors_of(source);
    std::size_t cell = 0;
    for (const Donor& donor : donors) {
      for (CellIndex i = 0; i < donor.n_cells; ++i, ++cell) {
        TypeCounts& type = types_[facts[cell].type];
        ++type.cells;
        type.donors.insert(&donor);
        if (donor.labels[facts[cell].type] != study_.cohort.types[facts[cell].type]) ++type.coarse;
      }
    }
    nlohmann::json names = nlohmann::json::array();
    for (const std::size_t tissue : study_.cohort.tissues_of_sources[static_cast<std::size_t>(source)]) {
      names.push_back(tissues()[tissue].name);
    }
    sources_.push_back({{"file", file}, {"cells", facts.size()}, {"donors", donors.size()}, {"tissues", names}});
  }

  [[nodiscard]] nlohmann::json to_json() const {
    nlohmann::json types = nlohmann::json::array();
    for (std::size_t i = 0; i < types_.size(); ++i) {
      const ontology::Term& term = study_.ontology.term(study_.cohort.types[i]);
      types.push_back({{"id", term.id},
                       {"name", term.name},
                       {"cells", types_[i].cells},
                       {"donors", types_[i].donors.size()},
                       {"cells_with_coarse_label", types_[i].coarse},
                       {"genes_moved", study_.model.n_moved(i)},
                       {"median_library_size", std::exp(study_.cohort.log_library_of_type[i])}});
    }
    return {{"made_by", kMadeBy},
            {"options", describe(study_.options)},
            {"ontology", kLineageRelease},
            {"sources", sources_},
            {"cell_types", types}};
  }

 private:
  struct TypeCounts {
    CellIndex cells = 0, coarse = 0;
    std::set<const Donor*> donors;
  };
  const Study& study_;
  std::vector<TypeCounts> types_;
  nlohmann::json sources_ = nlohmann::json::array();
};

}  // namespace

void SimulateOptions::validate() const {
  const auto most_types = static_cast<int>(cell_types().size());
  require(n_sources >= 1 && n_sources <= kMostSources, "n_sources", n_sources, fmt::format("1 to {}", kMostSources));
  require(n_donors >= n_sources, "n_donors", n_donors, fmt::format("at least one per source, {}", n_sources));
  require(n_cells >= n_donors, "n_cells", n_cells, fmt::format("at least one per donor, {}", n_donors));
  require(n_types >= 2 && n_types <= most_types, "n_types", n_types, fmt::format("2 to {}", most_types));
  require(n_genes >= 100 && n_genes <= 100'000, "n_genes", n_genes, "100 to 100000");
  require(donor_effect >= 0 && donor_effect <= 2, "donor_effect", donor_effect, "0 to 2");
  require(coarse_labels >= 0 && coarse_labels <= 1, "coarse_labels", coarse_labels, "a fraction, 0 to 1");
  require(threads >= 0, "threads", threads, "0 (all processors) or more");
}

SimulateResult simulate(const fs::path& directory, const SimulateOptions& options) {
  options.validate();
  core::StagedFolder staged(directory, simulation_folder(), options.overwrite);
  fs::create_directory(staged.path());

  const ontology::Ontology ontology = lineage();
  const Cohort cohort(options, ontology);
  const ExpressionModel model(ontology, cohort.types, options.n_genes, options.donor_effect, options.seed);
  const Study study{options, ontology, cohort, model};
  core::ThreadPool pool(options.threads > 0 ? options.threads : core::default_threads());
  core::Progress progress("simulate", options.n_cells);
  Truth truth(study);
  SimulateResult result;
  for (int source = 0; source < options.n_sources; ++source) {
    const std::string name = source_file(source + 1);
    const auto facts = write_source(staged.path() / name, study, source, pool, progress);
    truth.add_source(source, name, facts);
    result.sources.push_back(staged.target() / name);
    result.n_cells += static_cast<CellIndex>(facts.size());
  }
  write_lineage_obo(staged.path() / kOntologyFile);
  write_genes(staged.path() / kGenesFile, options.n_genes);
  core::write_json(staged.path() / kTruth, truth.to_json());
  staged.commit();
  progress.finish();
  result.ontology = staged.target() / kOntologyFile;
  result.genes = staged.target() / kGenesFile;
  return result;
}

}  // namespace sctab::simulate
