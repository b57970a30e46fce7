#include "sctab/corpus/build.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/corpus/build_folder.hpp"
#include "sctab/corpus/provenance.hpp"
#include "sctab/corpus/read_sources.hpp"
#include "sctab/corpus/store_codes.hpp"
#include "sctab/store/writer.hpp"
#include "sctab/store/writer_checkpoint.hpp"

namespace sctab::corpus {
namespace {

namespace fs = std::filesystem;
using core::InputError;
using ontology::Ontology;
using store::Split;

// Edges that lead nowhere are what a file cut at a line's end looks like. A warning: types may lose their ancestors.
Ontology load_ontology(const fs::path& path) {
  Ontology ontology = Ontology::load(path);
  const ontology::LoadReport& report = ontology.report();
  if (!report.missing_parents.empty()) {
    spdlog::warn("{}: {} is_a edges lead to terms that it does not hold, the first of them {}; is the file whole?",
                 path.string(), report.missing_parents.size(), report.missing_parents.front());
  }
  if (!report.cycles.empty()) {
    spdlog::warn("{}: {} is_a edges form cycles and were dropped, the first of them {}", path.string(),
                 report.cycles.size(), report.cycles.front());
  }
  return ontology;
}

void require_distinct(const std::vector<fs::path>& sources) {
  if (sources.empty()) throw InputError({.found = "no sources", .expected = "at least one h5ad file"});
  std::set<fs::path> seen;
  for (const auto& source : sources) {
    if (seen.insert(fs::weakly_canonical(source)).second) continue;
    throw InputError({.file = source.string(),
                      .found = "is given twice, and its cells would count twice",
                      .next_step = "give each source once"});
  }
}

// All that a build knows, filled step by step.
struct Corpus : SourceContents {
  explicit Corpus(SourceContents contents) : SourceContents(std::move(contents)) {}
  std::vector<Split> donor_splits;  // of each donor code

  [[nodiscard]] Split split_of(std::size_t cell) const {
    const std::int32_t donor = cells.column(Field::kDonor)[cell];
    return donor < 0 ? Split::kTrain : donor_splits[static_cast<std::size_t>(donor)];
  }
};

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
          {"sources_skipped", to_json(result.skipped)},
          {"options", to_json(options)},
          {"ontology", {{"path", ontology_path.string()}, {"version", ontology.version()}}},
          {"replaced_labels", to_json(corpus.replaced_labels)},
          {"curation", to_json(result.effects)},
          {"splits", split_json(options.split, result)},
          {"cells_without_donor", result.cells_without_donor}};
}

// For each row of the source, whether it is kept.
std::vector<std::uint8_t> kept_rows(const Corpus& corpus, const Source& source) {
  const auto begin = corpus.cells.kept.begin() + source.first_cell;
  return {begin, begin + source.n_cells};
}

// The counts of one source into the writer. Throws BadSources if the source is to blame.
void write_source_counts(const Corpus& corpus, const StoreCodes& codes, std::size_t number,
                         const StreamOptions& options, core::ThreadPool& pool, store::Writer& writer,
                         core::Progress& progress) {
  const Source& source = corpus.sources[number];
  const std::vector<std::uint8_t> keep = kept_rows(corpus, source);
  std::vector<store::CellObs> obs;
  std::vector<Split> splits;
  bool writing = false;
  const CountsReceiver add = [&](sparse::CsrView counts, const std::vector<CellIndex>& rows) {
    obs.clear();
    splits.clear();
    for (const CellIndex row : rows) {
      const auto cell = static_cast<std::size_t>(source.first_cell + row);
      obs.push_back(codes.obs(corpus.cells, cell, row));
      splits.push_back(corpus.split_of(cell));
    }
    writing = true;
    writer.add(counts, obs, splits);
    writing = false;
    progress.advance(counts.n_cells);
  };
  try {
    stream_counts(source, keep, corpus.genes.alignment(number), options, pool, add);
  } catch (const InputError& error) {
    // A full disk is not the source's fault.
    if (writing || error.problem().file != source.path) throw;
    throw BadSources({{source.path, error.problem()}});
  }
}

// Reads the counts of the sources from `first` on and writes none. Adds the bad ones to `bad`.
void check_counts(const Corpus& corpus, std::size_t first, const StreamOptions& options, core::ThreadPool& pool,
                  std::vector<SkippedSource>& bad) {
  const auto n_left = std::ssize(corpus.sources) - static_cast<std::ptrdiff_t>(first);
  core::Progress progress("checking the other sources", n_left, "sources");
  for (std::size_t i = first; i < corpus.sources.size(); ++i) {
    const Source& source = corpus.sources[i];
    try {
      stream_counts(source, kept_rows(corpus, source), corpus.genes.alignment(i), options, pool,
                    [](sparse::CsrView, const std::vector<CellIndex>&) {});
    } catch (const InputError& error) {
      if (error.problem().file != source.path) throw;
      bad.push_back({source.path, error.problem()});
    }
    progress.advance();
  }
  progress.finish();
}

// How many sources the unfinished build in a folder has the counts of, by the note in its checkpoint.
std::size_t n_sources_read(const nlohmann::json& note, const Corpus& corpus, const fs::path& folder) try {
  const core::JsonFields fields(note,
                                {.file = (folder / store::kCheckpointFile).string(),
                                 .key = "note",
                                 .next_step = fmt::format("remove the folder {} to start over", folder.string())});
  return static_cast<std::size_t>(fields.get<std::int64_t>("next_source", 0, std::ssize(corpus.sources)));
} catch (const InputError& error) {
  throw AnotherBuild(error.problem());
}

// The second pass: counts of the kept cells into the writer, from where it is. key: what the build is of.
// With find_all, what a bad source ends names all bad ones.
void write_counts(const Corpus& corpus, const StoreCodes& codes, const StreamOptions& options,
                  const nlohmann::json& key, bool find_all, core::ThreadPool& pool, store::Writer& writer) {
  const nlohmann::json& resumed = writer.resumed_note();  // build_in() has checked it
  const std::size_t first = resumed.is_null() ? 0 : resumed.at("next_source").get<std::size_t>();
  if (first > 0) spdlog::info("continuing after {} of {} sources", first, corpus.sources.size());
  const CellIndex n_read = first == 0 ? 0 : corpus.sources[first - 1].first_cell + corpus.sources[first - 1].n_cells;
  core::Progress progress("reading counts", std::count(corpus.cells.kept.begin() + n_read, corpus.cells.kept.end(), 1));
  for (std::size_t i = first; i < corpus.sources.size(); ++i) {
    try {
      write_source_counts(corpus, codes, i, options, pool, writer, progress);
    } catch (const BadSources& error) {
      if (!find_all) throw;
      spdlog::warn("{}: is bad; the others are checked before the build starts over", corpus.sources[i].path.string());
      std::vector<SkippedSource> bad = error.sources();
      check_counts(corpus, i + 1, options, pool, bad);
      throw BadSources(std::move(bad));
    }
    writer.checkpoint({{"key", key}, {"next_source", i + 1}});
  }
  progress.finish();
}

// Memory that is left to the writer once the obs of all cells and the blocks being read have theirs.
store::WriterOptions writer_options(const BuildOptions& options, const CellTable& cells, std::int64_t for_reading) {
  store::WriterOptions writer;
  writer.seed = options.split.seed;
  writer.threads = options.threads;
  writer.resumable = true;
  writer.seconds_between_checkpoints = options.seconds_between_checkpoints;
  writer.memory_bytes = options.memory_bytes - cells.bytes() - for_reading;
  if (writer.memory_bytes < options.memory_bytes / 4) {
    const auto obs_bytes = static_cast<double>(cells.bytes());
    throw InputError({.subject = "--memory",
                      .found = fmt::format("the obs of {} takes {} of the {}",
                                           core::plural(static_cast<std::int64_t>(cells.size()), "cell"),
                                           core::format_bytes(obs_bytes),
                                           core::format_bytes(static_cast<double>(options.memory_bytes))),
                      .expected = fmt::format("{} or more", core::format_bytes(2.0 * obs_bytes))});
  }
  return writer;
}

// The note of the checkpoint in the folder, null where there is none.
nlohmann::json note_of(const BuildFolder& folder) {
  const auto checkpoint = store::read_checkpoint(folder.path());
  return checkpoint ? checkpoint->note : nlohmann::json();
}

// Notes on these bad sources, for the build that resumes this one before its first checkpoint.
nlohmann::json notes_on(const std::vector<SkippedSource>& skipped, const std::vector<fs::path>& sources,
                        const BuildOptions& options) {
  nlohmann::json paths = nlohmann::json::array();
  for (const fs::path& source : sources) paths.push_back(source.string());
  return {{"options", to_json(options)},
          {"ontology", options.ontology.string()},
          {"sources", paths},
          {"sources_skipped", to_json(skipped)}};
}

// What the build to resume has left out. Without a checkpoint, other sources or options make another build.
std::vector<SkippedSource> skipped_before(const BuildFolder& folder, const std::vector<fs::path>& sources,
                                          const BuildOptions& options) {
  std::vector<SkippedSource> skipped;
  const nlohmann::json note = note_of(folder);
  const nlohmann::json list = note.is_null() ? folder.notes() : note.at("key");
  if (list.is_null()) return skipped;
  const nlohmann::json asked = notes_on({}, sources, options);
  for (const char* field : {"options", "ontology", "sources"}) {
    if (note.is_null() && list.at(field) != asked.at(field)) return skipped;
  }
  for (const auto& source : list.at("sources_skipped")) {
    skipped.push_back({source.at("path").get<std::string>(), {.found = source.at("reason")}});
  }
  return skipped;
}

std::vector<fs::path> without(const std::vector<fs::path>& sources, const std::vector<SkippedSource>& skipped) {
  std::vector<fs::path> left;
  for (const auto& source : sources) {
    const bool out = std::any_of(skipped.begin(), skipped.end(), [&](const auto& skip) { return skip.path == source; });
    if (!out) left.push_back(source);
  }
  return left;
}

// skipped: sources to leave out, with the reason; others may join them.
BuildResult build_in(BuildFolder& folder, const std::vector<fs::path>& sources, const fs::path& ontology_path,
                     const BuildOptions& options, std::vector<SkippedSource>& skipped) {
  const Ontology ontology = load_ontology(ontology_path);
  const std::vector<fs::path> used = without(sources, skipped);
  Corpus corpus(read_sources(used, ontology, options, skipped));
  const Curation curation = curate(corpus.cells, ontology, options.curation);
  require_two_types(corpus.cells, curation, ontology);
  corpus.donor_splits = split_donors(corpus.cells, options.split);
  const StoreCodes codes(corpus.cells, ontology);
  const nlohmann::json key = build_key({corpus, codes, corpus.donor_splits, ontology, skipped}, options);
  if (const nlohmann::json note = note_of(folder); !note.is_null()) {
    require_same_build(folder.path(), note.at("key"), key, n_sources_read(note, corpus, folder.path()));
  }
  BuildResult result = count_kept(corpus, codes, curation);
  result.skipped = skipped;
  result.provenance = provenance(corpus, ontology, ontology_path, options, result);

  StreamOptions stream;
  stream.block_bytes = options.memory_bytes / 32;
  stream.read.memory_bytes = options.memory_bytes / 8;
  stream.read.temporary_folder = fs::absolute(folder.path()).parent_path();  // /tmp may be small
  const std::int64_t for_reading = 4 * stream.block_bytes + stream.read.memory_bytes;
  store::Writer writer(folder.path(), corpus.genes.genes(), codes.tables(), result.split_cells,
                       writer_options(options, corpus.cells, for_reading));
  core::ThreadPool pool(options.threads == 0 ? core::default_threads() : options.threads);
  write_counts(corpus, codes, stream, key, options.keep_going, pool, writer);
  writer.finish(ontology.to_json(codes.terms()), result.provenance);
  result.bytes = store::Store::open(folder.path()).bytes();  // and the proof that no donor is in two splits
  return result;
}

// Leaves out one bad source after the other, where that is wanted.
BuildResult build_of_good(BuildFolder& folder, const std::vector<fs::path>& sources, const fs::path& ontology_path,
                          const BuildOptions& options) {
  std::vector<SkippedSource> skipped = skipped_before(folder, sources, options);
  while (true) {
    try {
      return build_in(folder, sources, ontology_path, options, skipped);
    } catch (const BadSources& error) {
      if (!options.keep_going) throw;
      for (const auto& source : error.sources()) {
        spdlog::warn("skipped: {}", source.reason());
        skipped.push_back(source);
      }
      spdlog::warn("the build starts over without what was skipped");
      folder.clear();
      folder.write_notes(notes_on(skipped, sources, options));
    }
  }
}

core::Problem with_resume(const core::Problem& problem, const BuildFolder& folder, std::string_view first = "") {
  return with_next_step(problem, fmt::format("{}continue from {} with --resume and the same sources and options", first,
                                             folder.path().string()));
}

}  // namespace

fs::path find_ontology(const fs::path& given, const fs::path& first_source) {
  if (!given.empty()) return given;
  const char* variable = std::getenv("SCTAB_ONTOLOGY");
  if (variable != nullptr && *variable != '\0') return variable;
  for (const char* name : {"ontology.obo", "cl.obo"}) {
    const fs::path neighbour = first_source.parent_path() / name;
    if (fs::exists(neighbour)) return neighbour;
  }
  (void)core::open_input(first_source);
  throw InputError({.file = first_source.string(),
                    .found = "no Cell Ontology was given, and there is no ontology.obo or cl.obo next to this source",
                    .next_step = "give an obo or json file with --ontology or in $SCTAB_ONTOLOGY"});
}

void BuildOptions::validate() const {
  curation.validate();
  split.validate();
  if (memory_bytes < kLeastMemory) {
    throw InputError({.subject = "--memory",
                      .found = core::format_bytes(static_cast<double>(memory_bytes)),
                      .expected = fmt::format("at least {}", core::format_bytes(kLeastMemory))});
  }
}

BuildResult build(const std::vector<fs::path>& sources, const fs::path& store, const BuildOptions& options) {
  options.validate();
  require_distinct(sources);
  const fs::path ontology_path = find_ontology(options.ontology, sources.front());
  BuildFolder folder(store, {.resume = options.resume, .overwrite = options.overwrite});
  try {
    BuildResult result = build_of_good(folder, sources, ontology_path, options);
    folder.commit();
    return result;
  } catch (const core::Interrupted&) {
    if (!folder.keep()) throw;
    throw core::Interrupted(fmt::format("interrupted; continue from {} with --resume", folder.path().string()));
  } catch (const BadSources& error) {
    if (!folder.has_checkpoint()) throw;
    std::vector<SkippedSource> bad = error.sources();
    bad.front().problem = with_resume(error.problem(), folder, "repair the file, then ");
    throw BadSources(std::move(bad));
  } catch (const AnotherBuild&) {  // resuming does not help
    throw;
  } catch (const InputError& error) {
    if (!folder.has_checkpoint()) throw;
    throw InputError(with_resume(error.problem(), folder));
  }
}

nlohmann::json to_json(const BuildResult& result) {
  nlohmann::json effects = nlohmann::json::array(), skipped = nlohmann::json::array();
  for (const RuleEffect& effect : result.effects) {
    effects.push_back(
        {{"rule", effect.rule}, {"cells", effect.cells}, {"donors", effect.donors}, {"types", effect.types}});
  }
  for (const SkippedSource& source : result.skipped) {
    skipped.push_back({{"path", source.path.string()}, {"reason", source.reason()}});
  }
  return {{"removed", effects},      {"skipped", skipped},
          {"cells", result.n_cells}, {"donors", result.n_donors},
          {"types", result.n_types}, {"cells_without_donor", result.cells_without_donor},
          {"bytes", result.bytes},   {"peak_memory_bytes", core::peak_memory_bytes()}};
}

}  // namespace sctab::corpus
