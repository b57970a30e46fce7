#include "sctab/train/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "sctab/core/error.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::train {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

constexpr const char* kModelMarker = "config.json";
constexpr const char* kMemberPrefix = "member-";

fs::path run_path(const fs::path& out) {
  const fs::path named = out.has_filename() ? out : out.parent_path();
  return named.string() + ".run";
}

bool is_member(const fs::directory_entry& entry) {
  return entry.is_directory() && entry.path().filename().string().starts_with(kMemberPrefix);
}

// The folder is removed once its model is whole, so nothing of the user's may lie in it.
void require_ours(const RunFolder& folder) {
  if (!fs::is_directory(folder.path)) return;
  for (const auto& entry : fs::directory_iterator(folder.path)) {
    const std::string extension = entry.path().extension();
    if (entry.path().filename() == folder.metrics().filename() || extension == ".safetensors" || extension == ".tmp")
      continue;
    if (is_member(entry)) {
      require_ours({entry.path()});
      continue;
    }
    throw core::InputError(
        fmt::format("{}: holds {}, which is not of a training run, and an unfinished run would lie there; move it, or "
                    "choose another -o",
                    folder.path.string(), entry.path().filename().string()));
  }
}

bool holds_an_ensemble(const RunFolder& folder) {
  if (!fs::is_directory(folder.path)) return false;
  const fs::directory_iterator entries(folder.path);
  return std::any_of(begin(entries), end(entries), [](const fs::directory_entry& entry) {
    return is_member(entry) && RunFolder{entry.path()}.has_checkpoint();
  });
}

void require_resumable(const RunFolder& folder, bool is_ensemble, bool resume, int n_members) {
  if (!resume) {
    throw core::InputError(
        fmt::format("{}: holds an unfinished run; continue it with --resume, or remove the folder "
                    "to train anew",
                    folder.path.string()));
  }
  if (is_ensemble == (n_members > 1)) return;
  throw core::InputError(
      fmt::format("{}: the unfinished run there is {}, and --members is {}; give the same --members, or remove the "
                  "folder to train anew",
                  folder.path.string(), is_ensemble ? "an ensemble's" : "of one model", n_members));
}

// What was logged before the first checkpoint will be logged again.
void prepare(const RunFolder& folder) {
  if (folder.has_checkpoint()) return;
  std::error_code error;
  fs::create_directories(folder.path, error);
  if (!error) fs::remove(folder.metrics(), error);
  if (error) throw core::InputError(fmt::format("{}: cannot be made: {}", folder.path.string(), error.message()));
}

/// "plan.batch_size is 256 there and 512 here" of the first value that differs.
std::string first_difference(const json& there, const json& here) {
  const json patch = json::diff(there, here);
  SCTAB_ASSERT(!patch.empty());
  const json::json_pointer where(patch.front().at("path").get<std::string>());
  const auto show = [&](const json& value) { return value.contains(where) ? value.at(where).dump() : "not there"; };
  std::string name = where.to_string().substr(1);
  for (char& c : name) c = c == '/' ? '.' : c;
  return fmt::format("{} was {} and is now {}", name, show(there), show(here));
}

}  // namespace

RunFolder RunFolder::member(int number) const {
  return {path / fmt::format("{}{}", kMemberPrefix, number)};
}

LockedRunFolder open_run_folder(const fs::path& out, bool resume, int n_members) {
  core::require_replaceable_directory(out, kModelMarker);
  const core::StagedOutput writable(out);  // fails now rather than after hours of training
  LockedRunFolder folder{{run_path(out)}, nullptr};
  require_ours(folder);
  if (resume && !folder.has_checkpoint() && !holds_an_ensemble(folder) && fs::exists(out / kModelMarker)) {
    throw core::InputError(
        fmt::format("{}: its training has ended and nothing is left to resume; leave out --resume "
                    "to train anew",
                    out.string()));
  }
  folder.lock = std::make_unique<store::FolderLock>(folder.path, "training");
  const bool is_ensemble = holds_an_ensemble(folder);  // asked again: now nobody else writes there
  if (folder.has_checkpoint() || is_ensemble) require_resumable(folder, is_ensemble, resume, n_members);
  for (int number = 1; number <= n_members; ++number) prepare(folder.member_of(n_members, number));
  return folder;
}

void require_same_run(const fs::path& checkpoint, const json& there, const json& here) {
  if (there == here) return;
  throw core::InputError(fmt::format(
      "{}: the run there is another one: {}; give the same store and options, or remove the run's folder to start anew",
      checkpoint.string(), first_difference(there, here)));
}

}  // namespace sctab::train
