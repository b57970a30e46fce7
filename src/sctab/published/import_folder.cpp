#include "sctab/published/import_folder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <system_error>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/published/import_store.hpp"
#include "sctab/store/growing_folder.hpp"
#include "sctab/store/manifest.hpp"

namespace sctab::published {
namespace fs = std::filesystem;
namespace {

using core::InputError;

constexpr const char* kIdentityFile = "import.json";
constexpr const char* kRecords = "finished";

/// Throws where nothing can be written, now rather than after hours.
fs::path folder_of(const fs::path& store) {
  const core::StagedOutput writable(store.has_filename() ? store : store.parent_path());
  return writable.target().string() + ".import";
}

bool is_name_of_import(const std::string& name) {
  return store::is_name_of_growing_store(name) || name == kIdentityFile || name == kVectorsFile;
}

bool is_name_of_record(const std::string& name) {
  return name.ends_with(".json") && store::is_name_of_growing_store(name.substr(0, name.size() - 5));
}

void require_ours(const fs::path& path) {
  if (!fs::exists(path) || (fs::is_directory(path) && fs::is_empty(path))) return;
  if (!fs::is_directory(path)) {
    throw InputError(fmt::format(
        "{}: is a file, and the folder of the unfinished store would lie there; move it, or choose another -o",
        path.string()));
  }
  if (fs::exists(path / kIdentityFile)) {
    store::require_only_ours(path, "import", is_name_of_import, kRecords);
    if (fs::exists(path / kRecords)) store::require_only_ours(path / kRecords, "import", is_name_of_record);
    return;
  }
  throw InputError(
      fmt::format("{}: holds files but no {}, and an unfinished import would lie there; move it, or "
                  "choose another -o",
                  path.string(), kIdentityFile));
}

bool has_shards(const fs::path& path) {
  return fs::exists(path / kRecords) && !fs::is_empty(path / kRecords);
}

void require_same_import(const fs::path& path, const nlohmann::json& identity) {
  const nlohmann::json before = core::read_json(path / kIdentityFile);
  if (before == identity) return;
  std::vector<std::string> differ;
  for (const auto& [key, value] : identity.items()) {
    if (!before.contains(key) || before.at(key) != value) differ.push_back(key);
  }
  throw InputError(fmt::format(
      "{}: holds an unfinished import of other files, or with other options (they differ in {}); give those "
      "again, choose another -o, or remove the folder to import anew",
      path.string(), fmt::join(differ, ", ")));
}

// What a killed import left of files that it was writing.
void remove_unfinished(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    if (file.starts_with('.') && file.ends_with(".tmp")) fs::remove(entry.path());
  }
}

}  // namespace

void require_to_import(const fs::path& store, bool resume) {
  const fs::path path = folder_of(store);
  require_ours(path);
  if (resume && !has_shards(path) && fs::exists(store / store::kManifestFile)) {
    throw InputError(fmt::format("{}: is finished, and nothing is left to resume; leave out --resume to import anew",
                                 store.string()));
  }
  if (!resume && has_shards(path)) {
    throw InputError(
        fmt::format("{}: holds an unfinished import; continue it with --resume, or remove the folder to import anew",
                    path.string()));
  }
}

ImportFolder::ImportFolder(const fs::path& store, const nlohmann::json& identity, bool resume)
    : path_(folder_of(store)) {
  require_to_import(store, resume);
  lock_.emplace(path_, "import");
  if (has_shards(path_)) {
    require_to_import(store, resume);  // another may have finished shards since
    require_same_import(path_, identity);
  } else {
    for (const auto& entry : fs::directory_iterator(path_)) fs::remove_all(entry.path());
  }
  fs::create_directory(path_ / kRecords);
  remove_unfinished(path_);
  remove_unfinished(path_ / kRecords);
  core::write_json(path_ / kIdentityFile, identity);
}

std::optional<FinishedShard> ImportFolder::find(const std::string& file, const std::vector<FileState>& parts) const {
  const fs::path record = path_ / kRecords / (file + ".json");
  if (!fs::exists(record)) return std::nullopt;
  FinishedShard finished;
  try {
    const nlohmann::json json = core::read_json(record);
    finished.shard = store::to_shard(json);
    json.at("cells_per_type").get_to(finished.cells_per_type);
    for (const auto& part : json.at("parts")) finished.parts.push_back({part.at("bytes"), part.at("modified")});
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  } catch (const InputError&) {  // no JSON at all: the shard is written again
    return std::nullopt;
  }
  std::error_code error;
  const auto bytes = fs::file_size(path_ / file, error);
  if (error || std::cmp_not_equal(bytes, finished.shard.bytes) || finished.parts != parts) return std::nullopt;
  return finished;
}

std::int64_t ImportFolder::n_finished() const {
  std::error_code error;
  return std::distance(fs::directory_iterator(path_ / kRecords, error), fs::directory_iterator());
}

void ImportFolder::forget(const std::string& file) const {
  fs::remove(path_ / kRecords / (file + ".json"));
}

void ImportFolder::record(const FinishedShard& finished) const {
  nlohmann::json json = store::to_json(finished.shard);
  json["cells_per_type"] = finished.cells_per_type;
  for (const FileState& part : finished.parts) {
    json["parts"].push_back({{"bytes", part.bytes}, {"modified", part.modified}});
  }
  core::write_json(path_ / kRecords / (finished.shard.file + ".json"), json);
}

void ImportFolder::become(const fs::path& store) const {
  core::move_into_place(path_, store);
  const fs::path target = core::StagedOutput(store).target();
  fs::remove_all(target / kRecords);
  fs::remove(target / kIdentityFile);
}

}  // namespace sctab::published
