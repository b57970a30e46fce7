#include "sctab/corpus/build_folder.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/store/growing_folder.hpp"
#include "sctab/store/writer_checkpoint.hpp"

namespace sctab::corpus {
namespace fs = std::filesystem;
namespace {

constexpr const char* kStoreMarker = "store.json";
constexpr const char* kNotes = "skipped.json";

bool is_name_of_build(const std::string& name) {
  return store::is_name_of_growing_store(name) || name == kNotes;
}

}  // namespace

BuildFolder::BuildFolder(const fs::path& store, bool resume) {
  core::require_replaceable_directory(store, kStoreMarker);
  store_ = core::StagedOutput(store).target();  // fails now rather than after hours of reading
  path_ = store_.string() + ".build";
  require_ours();
  if (resume && !has_checkpoint() && !has_notes() && fs::exists(store_ / kStoreMarker)) {
    throw core::InputError(fmt::format(
        "{}: is finished, and nothing is left to resume; leave out --resume to build anew", store_.string()));
  }
  lock_.emplace(path_, "build");
  if (has_checkpoint() && !resume) {
    throw core::InputError(
        fmt::format("{}: holds an unfinished build; continue it with --resume, or remove the folder to build anew",
                    path_.string()));
  }
  if (has_checkpoint()) return;
  const nlohmann::json kept = resume ? notes() : nlohmann::json();
  clear();
  if (!kept.is_null()) write_notes(kept);
}

BuildFolder::~BuildFolder() {
  std::error_code ignored;
  if (!has_checkpoint() && !(keep_ && has_notes())) fs::remove_all(path_, ignored);
}

bool BuildFolder::has_checkpoint() const {
  return fs::exists(path_ / store::kCheckpointFile);
}

bool BuildFolder::has_notes() const {
  return fs::exists(path_ / kNotes);
}

void BuildFolder::write_notes(const nlohmann::json& notes) const {
  core::write_json(path_ / kNotes, notes);
}

nlohmann::json BuildFolder::notes() const {
  return has_notes() ? core::read_json(path_ / kNotes) : nlohmann::json();
}

bool BuildFolder::keep() {
  keep_ = true;
  return has_checkpoint() || has_notes();
}

// The folder is emptied and removed, so nothing of the user's may lie in it.
void BuildFolder::require_ours() const {
  if (!fs::exists(path_)) return;
  if (!fs::is_directory(path_)) {
    throw core::InputError(fmt::format(
        "{}: is a file, and the folder of the unfinished store would lie there; move it, or choose another -o",
        path_.string()));
  }
  store::require_only_ours(path_, "build", is_name_of_build);
}

void BuildFolder::clear() {
  for (const auto& entry : fs::directory_iterator(path_)) fs::remove_all(entry.path());
}

void BuildFolder::commit() {
  core::move_into_place(path_, store_);
  std::error_code ignored;
  fs::remove(store_ / kNotes, ignored);
  fs::remove(store_ / store::kCheckpointFile, ignored);  // last: until here a failed build can go on
}

}  // namespace sctab::corpus
