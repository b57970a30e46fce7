#include "sctab/train/run_folder.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

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

/// Which member's folder it is, from 1; 0 where it is none.
int member_number(const fs::directory_entry& entry) {
  static const std::regex digits("[1-9][0-9]{0,8}");
  const std::string name = entry.path().filename();
  if (!name.starts_with(kMemberPrefix) || !fs::is_directory(entry.symlink_status())) return 0;
  const std::string number = name.substr(std::string_view(kMemberPrefix).size());
  return std::regex_match(number, digits) ? std::stoi(number) : 0;
}

bool is_file_of_run(const RunFolder& folder, const fs::directory_entry& entry) {
  if (!fs::is_regular_file(entry.symlink_status())) return false;
  const fs::path whole = folder.path / core::target_name(entry.path().filename().string());
  return whole == folder.checkpoint() || whole == folder.best_weights() || whole == folder.metrics();
}

// The folder is removed once its model is whole, so nothing of the user's may lie in it.
void require_ours(const RunFolder& folder, bool may_hold_members) {
  for (const auto& entry : fs::directory_iterator(folder.path)) {
    if (is_file_of_run(folder, entry)) continue;
    if (may_hold_members && member_number(entry) > 0) {
      require_ours({entry.path()}, false);
      continue;
    }
    throw core::InputError({.file = folder.path.string(),
                            .found = fmt::format("holds {}, which is not part of a training run, and an unfinished run "
                                                 "would go there",
                                                 entry.path().filename().string()),
                            .next_step = "move it, or choose another -o"});
  }
}

/// The number of the last member that has a checkpoint; 0 where none has.
int last_member_begun(const RunFolder& folder) {
  if (!fs::is_directory(folder.path)) return 0;
  int last = 0;
  for (const auto& entry : fs::directory_iterator(folder.path)) {
    const int number = member_number(entry);
    if (number > last && RunFolder{entry.path()}.has_checkpoint()) last = number;
  }
  return last;
}

// With the lock in hand: a training that was at work a moment ago may have ended since.
void require_unfinished(const RunFolder& folder, const fs::path& out) {
  if (folder.has_any_checkpoint() || !fs::exists(out / kModelMarker)) return;
  std::error_code not_empty;
  fs::remove(folder.path, not_empty);
  throw core::InputError(
      {.file = out.string(), .found = "training has already finished", .next_step = "drop --resume to train again"});
}

void require_resumable(const RunFolder& folder, bool resume, int n_members) {
  const auto refuse = [&](const std::string& found, const std::string& next_step) {
    throw core::InputError({.file = folder.path.string(), .found = found, .next_step = next_step});
  };
  if (!resume) {
    refuse("holds an unfinished run", "continue it with --resume, or remove the folder to train again");
  }
  const int n_begun = last_member_begun(folder);
  const bool is_ensemble = n_begun > 0;
  if (is_ensemble && n_members > 1) {
    if (n_begun <= n_members) return;
    refuse(fmt::format("holds an unfinished ensemble with {} members begun or finished, and the one asked for has {}, "
                       "which would discard the others",
                       n_begun, n_members),
           fmt::format("ask for {} with --members (for a mixed model it counts those of each kind), or remove the "
                       "folders after {}",
                       n_begun, folder.member(n_members).path.filename().string()));
  }
  if (is_ensemble == (n_members > 1)) return;
  refuse(fmt::format("holds an unfinished run of {}, and the one asked for is {}",
                     is_ensemble ? "an ensemble" : "one model",
                     n_members > 1 ? fmt::format("an ensemble of {}", n_members) : "one model"),
         "give the same --kind and --members, or remove the folder to train again");
}

// What was logged before the first checkpoint will be logged again.
void prepare(const RunFolder& folder) {
  if (folder.has_checkpoint()) return;
  std::error_code error;
  fs::create_directories(folder.path, error);
  if (!error) fs::remove(folder.metrics(), error);
  if (error) {
    throw core::InputError({.file = folder.path.string(), .found = fmt::format("cannot be made: {}", error.message())});
  }
}

/// What a plan that lacks a value does, as to_json() leaves it out.
std::string_view meaning_of_none(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kMeanings = {
      {{"plan.loss", R"("cross-entropy")"},
       {"plan.sampling_power", "0"},
       {"plan.label_smoothing", "0"},
       {"plan.augmentation", "none"},
       {"plan.covariate", "none"}}};
  const auto* const found = std::ranges::find(kMeanings, name, [](const auto& meaning) { return meaning.first; });
  return found == kMeanings.end() ? "not there" : found->second;
}

/// "plan.batch_size was 256 and is now 512" of the first value that differs, of one that both have where there is any:
/// other kinds of model have other values.
std::string first_difference(const json& there, const json& here) {
  const json patch = json::diff(there, here);
  SCTAB_ASSERT(!patch.empty());
  const auto both = std::ranges::find_if(patch, [](const json& change) { return change.at("op") == "replace"; });
  const json& first = both == patch.end() ? patch.front() : *both;
  const json::json_pointer where(first.at("path").get<std::string>());
  std::string name = where.to_string();
  if (!name.empty()) name.erase(0, 1);
  for (char& c : name) c = c == '/' ? '.' : c;
  const auto show = [&](const json& value) {
    return value.contains(where) ? value.at(where).dump() : std::string(meaning_of_none(name));
  };
  return fmt::format("{} was {} and is now {}", name, show(there), show(here));
}

}  // namespace

bool RunFolder::has_any_checkpoint() const {
  return has_checkpoint() || last_member_begun(*this) > 0;
}

RunFolder RunFolder::member(int number) const {
  return {path / fmt::format("{}{}", kMemberPrefix, number)};
}

LockedRunFolder open_run_folder(const fs::path& out, bool resume, int n_members) {
  core::require_replaceable_directory(out, kModelMarker);
  const core::StagedOutput writable(out);  // fails now rather than after hours of training
  LockedRunFolder folder{{run_path(out)}, nullptr};
  folder.lock = std::make_unique<core::FolderLock>(folder.path, "training");  // from here on nobody else writes there
  require_ours(folder, true);
  if (resume) require_unfinished(folder, out);
  if (folder.has_any_checkpoint()) {
    require_resumable(folder, resume, n_members);
  } else if (resume) {
    spdlog::warn("{}: no unfinished run there; training starts from the beginning", folder.path.string());
  }
  for (int number = 1; number <= n_members; ++number) prepare(folder.member_of(n_members, number));
  return folder;
}

std::string remove_to_train_again(const fs::path& checkpoint) {
  return fmt::format("remove the folder {} to train again what is there, and nothing else",
                     checkpoint.parent_path().string());
}

void refuse_damaged(const fs::path& checkpoint, std::string_view what) {
  throw core::InputError(
      {.file = checkpoint.string(), .found = std::string(what), .next_step = remove_to_train_again(checkpoint)});
}

void require_same_run(const fs::path& checkpoint, const json& there, const json& here) {
  if (there == here) return;
  throw OtherRun({.file = checkpoint.string(),
                  .found = fmt::format("belongs to another run: {}", first_difference(there, here)),
                  .next_step = "give the same store and options, or remove the run's folder to start again"});
}

}  // namespace sctab::train
