#include "sctab/train/run_folder.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "sctab/core/numbers.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/model/model_directory.hpp"

namespace sctab::train {
namespace fs = std::filesystem;
using core::InputError;
using nlohmann::json;
namespace {

constexpr std::string_view kMemberPrefix = "member-";

/// Which member's folder has this name, from 1; 0: none.
int member_number(const std::string& name) {
  constexpr std::size_t kMostDigits = 9;
  if (!name.starts_with(kMemberPrefix)) return 0;
  const std::string digits = name.substr(kMemberPrefix.size());
  const bool is_number = !digits.empty() && digits.size() <= kMostDigits && digits.front() != '0' &&
                         digits.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? std::stoi(digits) : 0;
}

/// The number of the last member that has a checkpoint; 0 where none has.
int last_member_begun(const RunFolder& folder) {
  if (!fs::is_directory(folder.path)) return 0;
  int last = 0;
  for (const auto& entry : fs::directory_iterator(folder.path)) {
    if (RunFolder{entry.path()}.has_checkpoint()) last = std::max(last, member_number(entry.path().filename()));
  }
  return last;
}

core::ResumableWork training_run() {
  using Progress = core::ResumableWork::Progress;
  const auto is_file_of_run = [](const std::string& name) {
    const RunFolder folder;
    return name == folder.checkpoint() || name == folder.best_weights() || name == folder.metrics();
  };
  return {.noun = "run",
          .suffix = ".run",
          .target = model::model_folder(),
          .is_ours = is_file_of_run,
          .is_subfolder = [](const std::string& name) { return member_number(name) > 0; },
          .is_ours_in_subfolder = is_file_of_run,
          .progress =
              [](const fs::path& folder) {
                return RunFolder{folder}.has_any_checkpoint() ? Progress::kWork : Progress::kNone;
              }};
}

/// Throws if the run there is another kind of run, or would lose members.
void require_as_many_members(const RunFolder& folder, int n_members) {
  const auto refuse = [&](const std::string& found, const std::string& next_step) {
    throw InputError({.file = folder.path.string(), .found = found, .next_step = next_step});
  };
  const int n_begun = last_member_begun(folder);
  const bool is_ensemble = n_begun > 0;
  if (is_ensemble && n_members > 1) {
    if (n_begun <= n_members) return;
    refuse(fmt::format("holds an unfinished ensemble with {} begun or finished, and the one asked for has {}, which "
                       "would discard the others",
                       core::plural(n_begun, "member"), n_members),
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
  if (error) throw InputError({.file = folder.path.string(), .found = "cannot be made: " + error.message()});
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

LockedRunFolder::LockedRunFolder(const fs::path& out, core::Start start, int n_members)
    : work_(out, training_run(), start) {
  path = work_.path();
  if (has_any_checkpoint()) {
    require_as_many_members(*this, n_members);
  } else if (start.resume) {
    spdlog::warn("{}: no unfinished run there; training starts from the beginning", path.string());
  }
  for (int number = 1; number <= n_members; ++number) prepare(member_of(n_members, number));
}

LockedRunFolder::~LockedRunFolder() {
  try {
    if (is_there_ && !has_any_checkpoint()) remove();
  } catch (const fs::filesystem_error&) {
    // What cannot be read stays.
  }
}

void LockedRunFolder::remove() noexcept {
  work_.remove();
  is_there_ = false;  // another process may use the name from now on
}

std::string remove_to_train_again(const fs::path& checkpoint) {
  return fmt::format("remove the folder {} to train again what is there, and nothing else",
                     checkpoint.parent_path().string());
}

void refuse_damaged(const fs::path& checkpoint, std::string_view what) {
  throw InputError(
      {.file = checkpoint.string(), .found = std::string(what), .next_step = remove_to_train_again(checkpoint)});
}

void require_same_run(const fs::path& checkpoint, const json& there, const json& here) {
  if (there == here) return;
  throw OtherRun({.file = checkpoint.string(),
                  .found = fmt::format("belongs to another run: {}", first_difference(there, here)),
                  .next_step = "give the same store and options, or remove the run's folder to start again"});
}

void append_metrics(const std::filesystem::path& path, const EpochMetrics& metrics) {
  // nlohmann's dump() writes the shortest text that reads back as the same double, and NaN as null.
  nlohmann::ordered_json line;
  line["epoch"] = metrics.epoch;
  line["train_loss"] = metrics.train_loss;
  line["val_loss"] = metrics.val_loss;
  line["val_macro_f1"] = metrics.val_macro_f1;
  line["lr"] = metrics.lr;
  line["seconds"] = metrics.seconds;
  line["cells_per_s"] = metrics.cells_per_s;
  line["grad_norm"] = metrics.grad_norm;
  std::ofstream file(path, std::ios::app);
  file << line.dump() << '\n' << std::flush;
  if (!file)
    throw InputError(
        {.file = path.string(), .found = "cannot be written", .next_step = "check that the disk is not full"});
}

void truncate_metrics(const std::filesystem::path& path, std::int64_t epochs) {
  std::ifstream file(path);
  std::string kept, line;
  std::int64_t n = 0;
  for (; n < epochs && std::getline(file, line); ++n) kept += line + '\n';
  if (n < epochs) {
    throw InputError({.file = path.string(),
                      .found = core::plural(n, "epoch"),
                      .expected = fmt::format("{}, as in the checkpoint next to it", epochs),
                      .next_step = "remove the folder to start again"});
  }
  file.close();
  core::write_file_atomically(path, kept);
}

}  // namespace sctab::train
