#include "sctab/corpus/build_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/resumable_folder.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/corpus/provenance.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/writer_checkpoint.hpp"

namespace sctab::corpus {
namespace fs = std::filesystem;
namespace {

using Progress = core::ResumableWork::Progress;

constexpr const char* kNotes = "skipped.json";

Progress progress_in(const fs::path& folder) {
  if (fs::exists(folder / store::kCheckpointFile)) return Progress::kWork;
  return fs::exists(folder / kNotes) ? Progress::kHints : Progress::kNone;
}

core::ResumableWork build_work() {
  core::FolderKind target = store::store_folder();
  target.is_ours = [is_of_store = target.is_ours](const std::string& name) {
    return is_of_store(name) || name == kNotes;
  };
  return {.noun = "build",
          .suffix = ".build",
          .target = target,
          .is_ours = [](const std::string& name) { return store::is_name_of_growing_store(name) || name == kNotes; },
          .progress = progress_in};
}

using core::Sha256;
using nlohmann::json;

constexpr const char* kDerived = "derived";
constexpr std::size_t kCellsAtOnce = 65'536;

template <typename T>
void add(Sha256& hash, std::span<const T> values) {
  hash.add(fmt::format("{}:", values.size())).add(std::as_bytes(values));
}

void add(Sha256& hash, const std::vector<std::string>& texts) {
  hash.add(fmt::format("{}:", texts.size()));
  for (const std::string& text : texts) hash.add(fmt::format("{}:", text.size())).add(text);
}

std::string hash_of_alignments(const SourceContents& contents) {
  Sha256 hash;
  for (std::size_t i = 0; i < contents.sources.size(); ++i) add(hash, contents.genes.alignment(i).target_of_source());
  return hash.hex();
}

std::string hash_of_categories(const store::CategoryTables& tables) {
  Sha256 hash;
  for (const auto& [label, id] : tables.cell_types) add(hash, std::vector<std::string>{label, id});
  for (const auto& values : tables.values) add(hash, values);
  return hash.hex();
}

/// Which cells are kept, and what each is: codes, and the texts that they mean.
std::string hash_of_cells(const CellTable& cells) {
  Sha256 hash;
  add(hash, std::span<const std::uint8_t>(cells.kept));
  std::vector<std::int32_t> codes;
  for (std::size_t field = 0; field < store::kNumFields; ++field) {
    add(hash, cells.names[field].texts());
    for (std::size_t begin = 0; begin < cells.size(); begin += kCellsAtOnce) {
      const std::size_t end = std::min(begin + kCellsAtOnce, cells.size());
      codes.clear();
      for (std::size_t cell = begin; cell < end; ++cell) codes.push_back(cells.codes[field][cell]);
      add(hash, std::span<const std::int32_t>(codes));
    }
  }
  return hash.hex();
}

json derived(const BuildInput& input) {
  Sha256 splits;
  add(splits, std::span<const store::Split>(input.donor_splits));
  return {{"cells", hash_of_cells(input.contents.cells)},
          {"categories", hash_of_categories(input.codes.tables())},
          {"gene_alignments", hash_of_alignments(input.contents)},
          {"ontology_of_cell_types", Sha256().add(input.ontology.to_json(input.codes.terms()).dump()).hex()},
          {"splits", splits.hex()}};
}

// Sizes and times of the sources after the first n_read, as `key` has them.
void take_files_of_unread(json& before, const json& key, std::size_t n_read) {
  json& sources = before.at("sources");
  const json& now = key.at("sources");
  for (std::size_t i = n_read; i < std::min(sources.size(), now.size()); ++i) {
    for (const char* field : {"bytes", "modified"}) sources[i][field] = now[i].at(field);
  }
}

}  // namespace

BuildFolder::BuildFolder(const fs::path& store, core::Start start) : folder_(store, build_work(), start) {
  if (has_checkpoint()) return;
  const nlohmann::json kept = notes();
  folder_.clear();
  if (!kept.is_null()) write_notes(kept);
}

BuildFolder::~BuildFolder() {
  if (!has_checkpoint() && !(keep_ && has_notes())) folder_.remove();
}

bool BuildFolder::has_checkpoint() const {
  return folder_.progress() == Progress::kWork;
}

bool BuildFolder::has_notes() const {
  return fs::exists(path() / kNotes);
}

void BuildFolder::write_notes(const nlohmann::json& notes) const {
  core::write_json(path() / kNotes, notes);
}

nlohmann::json BuildFolder::notes() const {
  return has_notes() ? core::read_json(path() / kNotes) : nlohmann::json();
}

bool BuildFolder::keep() {
  keep_ = true;
  return has_checkpoint() || has_notes();
}

void BuildFolder::commit() {
  folder_.commit();
  std::error_code ignored;
  fs::remove(folder_.target() / kNotes, ignored);
  fs::remove(folder_.target() / store::kCheckpointFile, ignored);  // last: until here a failed build can be resumed
}

json build_key(const BuildInput& input, const BuildOptions& options) {
  json sources = json::array();
  for (const Source& source : input.contents.sources) {
    sources.push_back(
        {{"path", source.path.string()}, {"bytes", source.identity.bytes}, {"modified", source.modified()}});
  }
  return {{"sctab_version", SCTAB_VERSION},
          {"options", to_json(options)},
          {"ontology", input.ontology.version()},
          {"gene_list_hash", input.contents.genes.genes().hash()},
          {"sources", sources},
          {"sources_skipped", to_json(input.skipped)},
          {kDerived, derived(input)}};
}

void require_same_build(const std::filesystem::path& folder, json before, const json& key, std::size_t n_read) {
  take_files_of_unread(before, key, n_read);
  if (before == key) return;
  json given_before = before, given = key;
  given_before.erase(kDerived);
  given.erase(kDerived);
  if (given_before != given) {
    throw AnotherBuild(
        {.file = folder.string(),
         .found = fmt::format("the unfinished build there has other sources or options: they differ in {}",
                              core::differences(given_before, given)),
         .next_step = "give the same sources and options again, or remove the folder to start over"});
  }
  throw AnotherBuild(
      {.file = folder.string(),
       .found = fmt::format("since the unfinished build there began, the ontology, gene list or symbols have changed: "
                            "results differ in {}",
                            core::differences(before, key)),
       .next_step = "put the files back as they were, or remove the folder to start over"});
}

}  // namespace sctab::corpus
