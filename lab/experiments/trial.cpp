#include "lab/experiments/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/core/thread_pool.hpp"

namespace sctab::experiments {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr int kResultVersion = 3;  // changes when trials measure other things

std::string file_name(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '_';
    if (plain) name += c;
    if (!plain && !name.empty() && name.back() != '-') name += '-';
  }
  return name;
}

constexpr std::size_t kHashDigits = 12;
constexpr const char* kChecksum = "sha256";  // the key of the checksum of all other keys
constexpr const char* kResultEnd = ".json";  // file name endings
constexpr const char* kAsideEnd = ".set-aside";
constexpr const char* kFailureEnd = ".failed";

std::string checksum(json result) {
  result.erase(kChecksum);
  return core::Sha256().add(result.dump()).hex();
}

/// Why a file is not a complete result; empty if it is one. Earlier versions wrote no checksums.
std::string damage_of(const json& result) {
  const bool has_identity = result.is_object() && result.contains("identity") && result.at("identity").is_object();
  if (!has_identity) return "it is not a trial's result";
  const bool is_whole = !result.contains(kChecksum) || result.at(kChecksum) == checksum(result);
  return is_whole ? "" : "it was changed after it was written";
}

/// The result in a file, or none and why in `damage`. Throws InputError if the file cannot be opened.
std::optional<json> read_result(const fs::path& path, std::string& damage) {
  if (fs::is_directory(path)) {
    damage = "it is a folder";
    return std::nullopt;
  }
  if (!std::ifstream(path)) {
    throw core::InputError({.file = path.string(),
                            .found = fmt::format("cannot be opened: {}", std::strerror(errno)),
                            .expected = "a trial's result",
                            .next_step = "allow reading it, or move it away"});
  }
  try {
    json result = core::read_json(path);
    damage = damage_of(result);
    if (damage.empty()) return result;
  } catch (const core::InputError&) {
    damage = "it is cut off or not JSON";
  }
  return std::nullopt;
}

/// "model.n_d: 16 became 32": the first difference between two identities.
std::string first_difference(const json& before, const json& now) {
  const json patch = json::diff(before, now);
  if (patch.empty()) return "";
  const json::json_pointer place(patch.front().at("path").get<std::string>());
  const auto shown = [&place](const json& identity) {
    return identity.contains(place) ? identity.at(place).dump() : std::string("not given");
  };
  std::string name = place.to_string().substr(1);
  std::ranges::replace(name, '/', '.');
  return fmt::format("{}: {} became {}", name, shown(before), shown(now));
}

json without(json identity, std::initializer_list<const char*> keys) {
  for (const char* key : keys) identity.erase(key);
  return identity;
}

/// read_result(), except that a file that cannot be opened counts as damaged: nobody has asked for it.
std::optional<json> try_to_read(const fs::path& path) {
  try {
    std::string damage;
    return read_result(path, damage);
  } catch (const core::InputError&) {
    return std::nullopt;
  }
}

}  // namespace

int loader_threads(const ModelSpec& model) {
  return model.loader->threads > 0 ? model.loader->threads : core::default_threads();
}

std::string Trial::title() const {
  return fmt::format("{}, {}, seed {}", model->name, part->name, seed);
}

std::string Trial::slug() const {
  return fmt::format("{}.{}.seed-{}", file_name(model->name), file_name(part->name), seed);
}

nlohmann::json Trial::names() const {
  return {{"model", model->name}, {"part", part->name}, {"seed", seed}};
}

nlohmann::json Trial::identity(const TrialConditions& conditions) const {
  nlohmann::json identity = {{"version", kResultVersion},      {"sctab_version", SCTAB_VERSION},
                             {"store", conditions.store_hash}, {"part", to_json(*part)},
                             {"model", model->as_given},       {"seed", seed}};
  if (model->loader) {
    identity["threads"] = loader_threads(*model);
  } else {
    identity["device"] = conditions.device == kernels::Device::kCuda ? "cuda" : "cpu";
  }
  return identity;
}

std::vector<Trial> expand(const Recipe& recipe) {
  std::vector<Trial> trials;
  for (const PartSpec& part : recipe.parts) {
    for (const std::uint64_t seed : recipe.seeds) {
      for (const ModelSpec& model : recipe.models) {
        if (model.is_trained_on(part.name)) trials.push_back({&model, &part, seed});
      }
    }
  }
  return trials;
}

TrialFolder::TrialFolder(fs::path directory, TrialConditions conditions)
    : directory_(std::move(directory)), conditions_(std::move(conditions)) {
  std::error_code none;
  std::vector<std::pair<fs::file_time_type, Entry>> found;
  for (const auto& file : fs::directory_iterator(directory_, none)) {
    const std::string name = file.path().filename().string();
    if (name.starts_with('.') || file.path().extension() != kResultEnd) continue;  // still being written, or not ours
    auto result = try_to_read(file.path());
    if (result) {
      found.push_back({fs::last_write_time(file.path(), none), {file.path(), std::move(result->at("identity"))}});
    } else {
      strays_.push_back(file.path());
    }
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    return std::pair(b.first, a.second.path) < std::pair(a.first, b.second.path);
  });
  for (auto& [time, entry] : found) entries_.push_back(std::move(entry));
  std::ranges::sort(strays_);
}

fs::path TrialFolder::file(const Trial& trial) const {
  const std::string hash = core::Sha256().add(trial.identity(conditions_).dump()).hex();
  return directory_ / fmt::format("{}.{}{}", trial.slug(), hash.substr(0, kHashDigits), kResultEnd);
}

bool TrialFolder::has(const Trial& trial) const {
  return fs::exists(file(trial));
}

FoundTrial TrialFolder::find(const Trial& trial) const {
  const fs::path path = file(trial);
  FoundTrial found;
  if (!fs::exists(path)) return found;
  found.result = read_result(path, found.damage);
  if (!found.result) return found;
  const json wanted = trial.identity(conditions_), there = found.result->at("identity");
  if (there != wanted) {
    found.damage = fmt::format("it is another trial's result ({})", first_difference(there, wanted));
  } else if (!found.result->contains(kChecksum)) {
    found.damage = "its checksum is missing";
  }
  if (!found.damage.empty()) {
    found.result.reset();
    return found;
  }
  // Another recipe may have written the file under other names, which do not affect results.
  found.result->update(trial.names());
  return found;
}

std::optional<AlikeTrial> TrialFolder::find_alike(const Trial& trial) const {
  const fs::path own = file(trial);
  const json wanted = trial.identity(conditions_);
  const auto find_without = [&](std::initializer_list<const char*> keys) -> std::optional<AlikeTrial> {
    for (const Entry& entry : entries_) {
      if (entry.path == own || without(entry.identity, keys) != without(wanted, keys)) continue;
      auto result = try_to_read(entry.path);
      if (!result || !result->contains(kChecksum)) continue;
      const auto differs = [&](const char* key) {
        return wanted.contains(key) && entry.identity.value(key, json()) != wanted.at(key);
      };
      AlikeTrial alike{std::move(*result), differs("sctab_version"), differs("threads")};
      alike.result.update(trial.names());
      return alike;
    }
    return std::nullopt;
  };
  auto found = find_without({});
  if (!found) found = find_without({"sctab_version"});
  if (!found && trial.model->loader) found = find_without({"sctab_version", "threads"});
  return found;
}

fs::path TrialFolder::set_aside(const Trial& trial) const {
  const fs::path path = file(trial);
  fs::path aside = path.string() + kAsideEnd;
  for (int number = 2; fs::exists(aside); ++number) aside = fmt::format("{}{}-{}", path.string(), kAsideEnd, number);
  std::error_code error;
  fs::rename(path, aside, error);
  if (error) {
    throw core::InputError(
        {.file = path.string(),
         .found = fmt::format("not a complete result of its trial, and cannot be renamed: {}", error.message()),
         .next_step = "move it away"});
  }
  return aside;
}

void TrialFolder::make_directory() const {
  std::error_code error;
  fs::create_directories(directory_, error);
  if (!error) return;
  throw core::InputError({.file = directory_.string(), .found = "cannot be created: " + error.message()});
}

fs::path TrialFolder::failure_file(const Trial& trial) const {
  return file(trial).replace_extension(kFailureEnd);
}

std::string TrialFolder::failure(const Trial& trial) const {
  std::ifstream file(failure_file(trial));
  std::string reason;
  std::getline(file, reason);
  return reason;
}

void TrialFolder::write_failure(const Trial& trial, const std::string& reason) const {
  make_directory();
  core::write_file_atomically(failure_file(trial), reason + "\n");
}

void TrialFolder::write(const Trial& trial, json result) const {
  make_directory();
  result["identity"] = trial.identity(conditions_);
  result[kChecksum] = checksum(result);
  core::write_json(file(trial), result);
  std::error_code ignored;
  fs::remove(failure_file(trial), ignored);
}

std::string TrialFolder::change(const Trial& trial) const {
  const std::string prefix = trial.slug() + ".";
  const json now = trial.identity(conditions_);
  for (const Entry& entry : entries_) {
    if (!entry.path.filename().string().starts_with(prefix) || entry.identity == now) continue;
    return first_difference(entry.identity, now);
  }
  return "";
}

}  // namespace sctab::experiments
