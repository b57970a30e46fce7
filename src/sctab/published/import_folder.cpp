#include "sctab/published/import_folder.hpp"

#include <fmt/format.h>

#include <iterator>
#include <system_error>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/published/import_store.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/writer_checkpoint.hpp"

namespace sctab::published {
namespace fs = std::filesystem;
namespace {

using core::InputError;

constexpr const char* kIdentityFile = "import.json";
constexpr const char* kRecords = "finished";

bool has_shards(const fs::path& folder) {
  return fs::exists(folder / kRecords) && !fs::is_empty(folder / kRecords);
}

core::ResumableWork import_work() {
  using Progress = core::ResumableWork::Progress;
  return {.noun = "import",
          .suffix = ".import",
          .marker = store::kManifestFile,
          .is_ours =
              [](const std::string& name) {
                return store::is_name_of_growing_store(name) || name == kIdentityFile || name == kVectorsFile;
              },
          .is_subfolder = [](const std::string& name) { return name == kRecords; },
          .is_ours_in_subfolder =
              [](const std::string& name) {
                return name.ends_with(".json") && store::is_name_of_growing_store(name.substr(0, name.size() - 5));
              },
          .required = kIdentityFile,
          .progress = [](const fs::path& folder) { return has_shards(folder) ? Progress::kWork : Progress::kNone; }};
}

void require_same_import(const fs::path& folder, const nlohmann::json& identity) {
  const nlohmann::json before = core::read_json(folder / kIdentityFile);
  if (before == identity) return;
  throw InputError(
      {.file = folder.string(),
       .found = fmt::format("has an unfinished import of other files or with other options: they differ in {}",
                            core::differences(before, identity)),
       .next_step = "give the same again, choose another -o, or remove the folder to start over"});
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
  core::ResumableFolder::check(store, import_work(), resume);
}

ImportFolder::ImportFolder(const fs::path& store, const nlohmann::json& identity, bool resume)
    : folder_(store, import_work(), resume) {
  if (has_shards(path())) require_same_import(path(), identity);
  fs::create_directory(path() / kRecords);
  remove_unfinished(path());
  remove_unfinished(path() / kRecords);
  core::write_json(path() / kIdentityFile, identity);
}

std::optional<FinishedShard> ImportFolder::find(const std::string& file, const std::vector<FileState>& parts) const {
  const fs::path record = path() / kRecords / (file + ".json");
  if (!fs::exists(record)) return std::nullopt;
  FinishedShard finished;
  try {
    const nlohmann::json json = core::read_json(record);
    const core::JsonFields fields(json, {.file = record.string()});
    finished.shard = store::to_shard(fields);
    finished.cells_per_type = fields.get<std::vector<std::int64_t>>("cells_per_type");
    for (const core::JsonFields& part : fields.objects("parts")) {
      finished.parts.push_back({part.get<std::int64_t>("bytes"), part.get<std::int64_t>("modified")});
    }
  } catch (const InputError&) {  // damaged: the shard is written again
    return std::nullopt;
  }
  std::error_code error;
  const auto bytes = fs::file_size(path() / file, error);
  if (error || std::cmp_not_equal(bytes, finished.shard.bytes) || finished.parts != parts) return std::nullopt;
  return finished;
}

std::int64_t ImportFolder::n_finished() const {
  std::error_code error;
  return std::distance(fs::directory_iterator(path() / kRecords, error), fs::directory_iterator());
}

void ImportFolder::forget(const std::string& file) const {
  fs::remove(path() / kRecords / (file + ".json"));
}

void ImportFolder::record(const FinishedShard& finished) const {
  nlohmann::json json = store::to_json(finished.shard);
  json["cells_per_type"] = finished.cells_per_type;
  for (const FileState& part : finished.parts) {
    json["parts"].push_back({{"bytes", part.bytes}, {"modified", part.modified}});
  }
  core::write_json(path() / kRecords / (finished.shard.file + ".json"), json);
}

void ImportFolder::commit() const {
  folder_.commit();
  fs::remove_all(folder_.target() / kRecords);
  fs::remove(folder_.target() / kIdentityFile);
}

}  // namespace sctab::published
