#include "sctab/corpus/build.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/corpus/gene_space.hpp"
#include "sctab/corpus/obs_collection.hpp"
#include "sctab/corpus/provenance.hpp"
#include "sctab/corpus/source.hpp"
#include "sctab/corpus/store_codes.hpp"
#include "sctab/store/writer.hpp"

namespace sctab::corpus {
namespace {

namespace fs = std::filesystem;
using core::format_count;
using core::InputError;
using ontology::Ontology;
using store::Split;

constexpr std::int64_t kLeastMemory = 500'000'000;  // what any corpus of 20,000 genes needs

fs::path find_ontology(const fs::path& given, const fs::path& first_source) {
  if (!given.empty()) return given;
  const char* variable = std::getenv("SCTAB_ONTOLOGY");
  if (variable != nullptr && *variable != '\0') return variable;
  for (const char* name : {"ontology.obo", "cl.obo"}) {
    const fs::path beside = first_source.parent_path() / name;
    if (fs::exists(beside)) return beside;
  }
  throw InputError(
      fmt::format("{}: no Cell Ontology is given, and there is no ontology.obo or cl.obo beside the first "
                  "source; name an obo or json file with --ontology or in $SCTAB_ONTOLOGY",
                  first_source.string()));
}

// Edges that lead nowhere are what a file cut at a line's end looks like: said, since types may lose their ancestors.
Ontology load_ontology(const fs::path& path) {
  Ontology ontology = Ontology::load(path);
  const ontology::LoadReport& report = ontology.report();
  if (!report.missing_parents.empty()) {
    spdlog::warn("{}: {} is_a edges lead to terms that it does not hold, the first of them {}; is the file whole?",
                 path.string(), report.missing_parents.size(), report.missing_parents.front());
  }
  if (!report.cycles.empty()) {
    spdlog::warn("{}: {} is_a edges close a circle and were dropped, the first of them {}", path.string(),
                 report.cycles.size(), report.cycles.front());
  }
  return ontology;
}

void require_distinct(const std::vector<fs::path>& sources) {
  if (sources.empty()) throw InputError("no sources are given; at least one h5ad file is expected");
  std::set<fs::path> seen;
  for (const auto& source : sources) {
    if (seen.insert(fs::weakly_canonical(source)).second) continue;
    throw InputError(
        fmt::format("{}: is given twice, and its cells would count twice; give each source once", source.string()));
  }
}

ObsKeys obs_keys(const BuildOptions& options) {
  ObsKeys keys;
  keys.donor = options.donor_key;
  keys.dataset = options.dataset_key;
  keys.cell_type = options.cell_type_key;
  keys.primary_only = options.curation.primary_only;
  keys.assume_primary = options.curation.assume_primary;
  return keys;
}

// All that a build knows, filled step by step.
struct Corpus {
  std::vector<Source> sources;
  CellTable cells;
  std::vector<ReplacedLabel> replaced_labels;
  GeneSpace genes;
  std::vector<Split> donor_splits;  // of each donor code

  [[nodiscard]] Split split_of(std::size_t cell) const {
    const std::int32_t donor = cells.column(Field::kDonor)[cell];
    return donor < 0 ? Split::kTrain : donor_splits[static_cast<std::size_t>(donor)];
  }
};

// The first pass over the sources: obs, where the counts are, gene names.
Corpus read_sources(const std::vector<fs::path>& paths, const Ontology& ontology, const BuildOptions& options) {
  Corpus corpus{{}, {}, {}, GeneSpace(options.genes, options.symbols), {}};
  ObsCollector collector(ontology, obs_keys(options));
  CellIndex n_cells = 0;
  for (const auto& path : paths) {
    core::check_interrupt();
    const anndata::File file(path);
    Source source = inspect_source(file, options.counts, n_cells);
    corpus.genes.add(anndata::gene_names(file, source.matrix.path), gene_symbols(file, source.matrix.path));
    collector.add(file);
    n_cells += source.n_cells;
    corpus.sources.push_back(std::move(source));
  }
  corpus.replaced_labels = collector.replaced_labels();
  corpus.cells = collector.finish();
  corpus.genes.finish();
  for (std::size_t i = 0; i < corpus.sources.size(); ++i) {
    const Source& source = corpus.sources[i];
    corpus.genes.require_enough_found(i, source.path);
    const core::GeneIndex repeated = corpus.genes.alignment(i).n_repeated();
    spdlog::info(
        "{}: {} cells; counts from {} ({}); {} of {} genes found{}", source.path.string(), format_count(source.n_cells),
        source.counts.matrix_path, source.counts.reason, format_count(corpus.genes.alignment(i).n_found()),
        format_count(corpus.genes.genes().size()),
        repeated == 0 ? "" : fmt::format("; {} columns name a gene again and are summed", format_count(repeated)));
  }
  for (const auto& label : corpus.replaced_labels) {
    spdlog::info("{} is obsolete: its {} cells are now {}", label.from, format_count(label.cells), label.to);
  }
  return corpus;
}

// Cells, donors and types of what curation left.
BuildResult count_kept(const Corpus& corpus, const StoreCodes& codes, const Curation& curation) {
  BuildResult result;
  result.effects = curation.effects;
  const auto& donors = corpus.cells.column(Field::kDonor);
  std::vector<std::uint8_t> seen(corpus.donor_splits.size(), 0);
  for (std::size_t cell = 0; cell < corpus.cells.size(); ++cell) {
    if (corpus.cells.kept[cell] == 0) continue;
    const auto split = static_cast<std::size_t>(corpus.split_of(cell));
    ++result.n_cells;
    ++result.split_cells[split];
    if (donors[cell] < 0) {
      ++result.cells_without_donor;
    } else if (std::exchange(seen[static_cast<std::size_t>(donors[cell])], 1) == 0) {
      ++result.n_donors;
      ++result.split_donors[split];
    }
  }
  result.n_types = static_cast<std::int64_t>(codes.tables().cell_types.size());
  return result;
}

std::vector<CellIndex> kept_cells_of_sources(const Corpus& corpus) {
  std::vector<CellIndex> kept;
  for (const auto& source : corpus.sources) {
    const auto begin = corpus.cells.kept.begin() + source.first_cell;
    kept.push_back(std::count(begin, begin + source.n_cells, 1));
  }
  return kept;
}

nlohmann::json provenance(const Corpus& corpus, const Ontology& ontology, const fs::path& ontology_path,
                          const BuildOptions& options, const BuildResult& result) {
  return {{"made_by", "sctab corpus build"},
          {"sctab_version", SCTAB_VERSION},
          {"sources", to_json(corpus.sources, corpus.genes, kept_cells_of_sources(corpus))},
          {"options", to_json(options)},
          {"ontology", {{"path", ontology_path.string()}, {"version", ontology.version()}}},
          {"replaced_labels", to_json(corpus.replaced_labels)},
          {"curation", to_json(result.effects)},
          {"splits", split_json(options.split, result)},
          {"cells_without_donor", result.cells_without_donor}};
}

// The second pass: counts of the kept cells into the writer.
void write_counts(const Corpus& corpus, const StoreCodes& codes, const StreamOptions& options, int threads,
                  store::Writer& writer) {
  core::ThreadPool pool(threads == 0 ? core::default_threads() : threads);
  core::Progress progress("reading counts", std::count(corpus.cells.kept.begin(), corpus.cells.kept.end(), 1));
  for (std::size_t i = 0; i < corpus.sources.size(); ++i) {
    const Source& source = corpus.sources[i];
    const auto begin = corpus.cells.kept.begin() + source.first_cell;
    const std::vector<std::uint8_t> keep(begin, begin + source.n_cells);
    std::vector<store::CellObs> obs;
    std::vector<Split> splits;
    const CellSink add = [&](sparse::CsrView counts, const std::vector<CellIndex>& rows) {
      obs.clear();
      splits.clear();
      for (const CellIndex row : rows) {
        const auto cell = static_cast<std::size_t>(source.first_cell + row);
        obs.push_back(codes.obs(corpus.cells, cell, row));
        splits.push_back(corpus.split_of(cell));
      }
      writer.add(counts, obs, splits);
      progress.advance(counts.n_cells);
    };
    stream_counts(source, keep, corpus.genes.alignment(i), options, pool, add);
  }
  progress.finish();
}

// Memory that is left to the writer once the obs of all cells and the blocks being read have theirs.
store::WriterOptions writer_options(const BuildOptions& options, const CellTable& cells, std::int64_t for_reading) {
  store::WriterOptions writer;
  writer.seed = options.split.seed;
  writer.threads = options.threads;
  writer.memory_bytes = options.memory_bytes - cells.bytes() - for_reading;
  if (writer.memory_bytes < options.memory_bytes / 4) {
    throw InputError(fmt::format("the obs of {} cells takes {} of the {} that --memory allows; give {} or more",
                                 format_count(static_cast<std::int64_t>(cells.size())),
                                 core::format_bytes(static_cast<double>(cells.bytes())),
                                 core::format_bytes(static_cast<double>(options.memory_bytes)),
                                 core::format_bytes(2.0 * static_cast<double>(cells.bytes()))));
  }
  return writer;
}

}  // namespace

void BuildOptions::validate() const {
  curation.validate();
  split.validate();
  if (memory_bytes < kLeastMemory) {
    throw InputError(fmt::format("memory_bytes is {}; at least {} is expected", memory_bytes, kLeastMemory));
  }
}

BuildResult build(const std::vector<fs::path>& sources, const fs::path& store, const BuildOptions& options) {
  options.validate();
  require_distinct(sources);
  core::require_replaceable_directory(store, "store.json");
  core::StagedOutput staged(store);
  const fs::path ontology_path = find_ontology(options.ontology, sources.front());
  const Ontology ontology = load_ontology(ontology_path);

  Corpus corpus = read_sources(sources, ontology, options);
  const Curation curation = curate(corpus.cells, ontology, options.curation);
  require_two_types(corpus.cells, curation, ontology);
  corpus.donor_splits = split_donors(corpus.cells, options.split);
  const StoreCodes codes(corpus.cells, ontology);
  BuildResult result = count_kept(corpus, codes, curation);
  result.provenance = provenance(corpus, ontology, ontology_path, options, result);

  StreamOptions stream;
  stream.block_bytes = options.memory_bytes / 32;
  stream.read.memory_bytes = options.memory_bytes / 8;
  stream.read.temporary_folder = staged.path().parent_path();  // /tmp may be small
  const std::int64_t for_reading = 4 * stream.block_bytes + stream.read.memory_bytes;
  store::Writer writer(staged.path(), corpus.genes.genes(), codes.tables(), result.split_cells,
                       writer_options(options, corpus.cells, for_reading));
  write_counts(corpus, codes, stream, options.threads, writer);
  writer.finish(ontology.to_json(codes.terms()), result.provenance);
  result.bytes = store::Store::open(staged.path()).bytes();  // and the proof that no donor stands in two splits
  staged.commit();
  return result;
}

}  // namespace sctab::corpus
