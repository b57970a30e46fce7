#include "sctab/train/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
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

// With the lock in hand: a training that was at work a moment ago may have ended since.
void require_unfinished(const RunFolder& folder, const fs::path& out) {
  if (folder.has_any_checkpoint() || !fs::exists(out / kModelMarker)) return;
  std::error_code not_empty;
  fs::remove(folder.path, not_empty);
  throw core::InputError(
      fmt::format("{}: its training has ended and nothing is left to resume; leave out --resume "
                  "to train anew",
                  out.string()));
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
      fmt::format("{}: the unfinished run there is {}, and the one asked for is {}; give the same --model and "
                  "--members, or remove the folder to train anew",
                  folder.path.string(), is_ensemble ? "an ensemble's" : "of one model",
                  n_members > 1 ? fmt::format("of an ensemble of {}", n_members) : "of one model"));
}

// What was logged before the first checkpoint will be logged again.
void prepare(const RunFolder& folder) {
  if (folder.has_checkpoint()) return;
  std::error_code error;
  fs::create_directories(folder.path, error);
  if (!error) fs::remove(folder.metrics(), error);
  if (error) throw core::InputError(fmt::format("{}: cannot be made: {}", folder.path.string(), error.message()));
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
  return has_checkpoint() || holds_an_ensemble(*this);
}

RunFolder RunFolder::member(int number) const {
  return {path / fmt::format("{}{}", kMemberPrefix, number)};
}

LockedRunFolder open_run_folder(const fs::path& out, bool resume, int n_members) {
  core::require_replaceable_directory(out, kModelMarker);
  const core::StagedOutput writable(out);  // fails now rather than after hours of training
  LockedRunFolder folder{{run_path(out)}, nullptr};
  folder.lock = std::make_unique<store::FolderLock>(folder.path, "training");  // from here on nobody else writes there
  require_ours(folder);
  if (resume) require_unfinished(folder, out);
  const bool is_ensemble = holds_an_ensemble(folder);
  if (folder.has_checkpoint() || is_ensemble) require_resumable(folder, is_ensemble, resume, n_members);
  for (int number = 1; number <= n_members; ++number) prepare(folder.member_of(n_members, number));
  return folder;
}

void require_same_run(const fs::path& checkpoint, const json& there, const json& here) {
  if (there == here) return;
  throw OtherRun(fmt::format(
      "{}: the run there is another one: {}; give the same store and options, or remove the run's folder to start anew",
      checkpoint.string(), first_difference(there, here)));
}

}  // namespace sctab::train
