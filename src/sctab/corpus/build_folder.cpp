#include "sctab/corpus/build_folder.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "sctab/core/json_file.hpp"
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
  return {.noun = "build",
          .suffix = ".build",
          .marker = store::kManifestFile,
          .is_ours = [](const std::string& name) { return store::is_name_of_growing_store(name) || name == kNotes; },
          .progress = progress_in};
}

}  // namespace

BuildFolder::BuildFolder(const fs::path& store, bool resume) : folder_(store, build_work(), resume) {
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

}  // namespace sctab::corpus
