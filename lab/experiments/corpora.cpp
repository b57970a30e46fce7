#include "lab/experiments/corpora.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"

namespace sctab::experiments {
namespace fs = std::filesystem;
namespace {

fs::path below(const fs::path& data, const fs::path& path) {
  return path.empty() ? path : data / path;
}

/// The build options, with paths below the data folder.
corpus::BuildOptions build_options(const CorpusSpec& corpus, const CorpusOptions& options) {
  corpus::BuildOptions build = corpus.build;
  build.memory_bytes = options.memory_bytes;
  build.threads = options.threads;
  build.ontology = below(options.data, build.ontology);
  build.genes = below(options.data, build.genes);
  build.symbols = below(options.data, build.symbols);
  return build;
}

/// The files that a store is built from: the recipe's, below the data folder, or simulated ones.
std::vector<fs::path> find_sources(const CorpusSpec& corpus, const fs::path& folder, const CorpusOptions& options,
                                   corpus::BuildOptions& build) {
  if (corpus.simulated) {
    simulate::SimulateOptions simulated = *corpus.simulated;
    simulated.threads = options.threads;
    simulated.overwrite = true;
    const simulate::SimulateResult made = simulate::simulate(folder / "simulated", simulated);
    build.ontology = made.ontology;
    build.genes = made.genes;
    return made.sources;
  }
  std::vector<fs::path> sources;
  for (const fs::path& source : corpus.sources) sources.push_back(options.data / source);
  return sources;
}

/// Size and time of a file, to see whether it has changed.
nlohmann::json state_of(const fs::path& path) {
  std::error_code missing;
  const auto bytes = fs::file_size(path, missing);
  if (missing) {
    throw core::InputError({.file = path.string(),
                            .found = "no such file, and the recipe builds its corpus from it",
                            .next_step = "give the folder that holds the recipe's sources with --data"});
  }
  return {{"bytes", bytes}, {"time", fs::last_write_time(path).time_since_epoch().count()}};
}

/// Whether the note, which is written after the store, describes this store and says that it was built from `wanted`.
bool is_built(const fs::path& store, const fs::path& note, const nlohmann::json& wanted) {
  if (!fs::exists(store / "store.json") || !fs::exists(note)) return false;
  const nlohmann::json there = core::read_json(note);
  return there.is_object() && there.value("origin", nlohmann::json()) == wanted &&
         there.value("store", nlohmann::json()) == store::Store::open(store).hash();
}

/// What the store is built from, to see whether that has changed: the settings and the state of all files that are
/// read, including an ontology that is found without being named.
nlohmann::json origin(const CorpusSpec& corpus, const CorpusOptions& options) {
  nlohmann::json json = {{"corpus", corpus.as_given}, {"sctab_version", SCTAB_VERSION}};
  json["files"] = nlohmann::json::object();
  if (corpus.simulated) return json;
  for (const fs::path& source : corpus.sources) json["files"][source.string()] = state_of(options.data / source);
  const corpus::BuildOptions build = build_options(corpus, options);
  const fs::path ontology = corpus::find_ontology(build.ontology, options.data / corpus.sources.front());
  json["ontology"] = state_of(ontology);
  if (!build.genes.empty()) json["genes"] = state_of(build.genes);
  if (!build.symbols.empty()) json["symbols"] = state_of(build.symbols);
  return json;
}

corpus::SubsampleOptions subsample_options(const PartSpec& part) {
  corpus::SubsampleOptions subsample;
  subsample.by = part.by.value_or(corpus::SubsampleBy::kCells);
  subsample.fraction = part.fraction;
  subsample.without_types = part.without_types;
  subsample.only_tissues = part.only_tissues;
  subsample.keep_types = part.keep_types;
  return subsample;
}

}  // namespace

void check_parts(const std::string& source, const Recipe& recipe, const store::Store& store) {
  for (const PartSpec& part : recipe.parts) {
    try {
      corpus::check_subsample(store, subsample_options(part));
    } catch (const core::InputError& error) {
      core::Problem problem = error.problem();
      problem.file = source;  // the mistake is the recipe's, not the store's
      problem.key = fmt::format("part '{}'", part.name);
      throw core::InputError(std::move(problem));
    }
  }
}

store::Store open_corpus(const Recipe& recipe, const fs::path& folder, const CorpusOptions& options) {
  if (!options.store.empty()) return store::Store::open(options.store);
  if (!recipe.corpus) {
    throw core::InputError(
        {.subject = "--store",
         .found = "not given, and the recipe has no [corpus] to build a store from",
         .next_step = "give a store made by `sctab corpus build`, or use the recipe's --small form"});
  }
  if (!recipe.corpus->simulated && options.data.empty()) {
    throw core::InputError({.subject = "--data",
                            .found = "not given, and the recipe builds its corpus from files in that folder",
                            .next_step = "give the folder, or a store with --store"});
  }
  const fs::path store = folder / "store", note = folder / "store-origin.json";
  const nlohmann::json wanted = origin(*recipe.corpus, options);
  if (is_built(store, note, wanted)) return store::Store::open(store);
  try {
    corpus::BuildOptions build = build_options(*recipe.corpus, options);
    build.overwrite = true;  // the store there is of another corpus or version
    const std::vector<fs::path> sources = find_sources(*recipe.corpus, folder, options, build);
    fs::remove_all(store.string() + ".build");  // left by an interrupted run, perhaps of an earlier recipe
    corpus::build(sources, store, build);
  } catch (const core::Interrupted&) {
    throw core::Interrupted(
        fmt::format("interrupted while building the corpus; the same command starts that again ({})", store.string()));
  }
  store::Store built = store::Store::open(store);
  core::write_json(note, {{"origin", wanted}, {"store", built.hash()}});
  fs::remove_all(folder / "simulated");
  return built;
}

PartStores::PartStores(const store::Store& whole, fs::path folder, const CorpusOptions& options)
    : whole_(whole), folder_(std::move(folder)), options_(options) {}

PartStores::~PartStores() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

const store::Store& PartStores::open(const PartSpec& part, std::uint64_t seed) {
  if (part.is_whole()) return whole_;
  const std::string wanted = nlohmann::json({{"part", to_json(part)}, {"seed", seed}}).dump();
  if (part_ && made_ == wanted) return *part_;
  part_.reset();
  corpus::SubsampleOptions subsample = subsample_options(part);
  subsample.seed = seed;
  subsample.memory_bytes = options_.memory_bytes;
  subsample.threads = options_.threads;
  subsample.overwrite = true;
  corpus::subsample(whole_, folder_, subsample);
  part_ = store::Store::open(folder_);
  made_ = wanted;
  return *part_;
}

}  // namespace sctab::experiments
