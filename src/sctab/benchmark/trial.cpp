#include "sctab/benchmark/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/sha256.hpp"

namespace sctab::benchmark {
namespace fs = std::filesystem;
namespace {

constexpr int kResultVersion = 1;  // of what a trial measures
constexpr std::size_t kHashDigits = 12;

std::string file_name(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '_';
    if (plain) name += c;
    if (!plain && !name.empty() && name.back() != '-') name += '-';
  }
  return name;
}

bool is_trained_on(const ModelSpec& model, const PartSpec& part) {
  return model.parts.empty() || std::ranges::find(model.parts, part.name) != model.parts.end();
}

/// "model.n_d: 16 became 32" of the first place where two identities differ.
std::string first_difference(const nlohmann::json& before, const nlohmann::json& now) {
  const nlohmann::json patch = nlohmann::json::diff(before, now);
  if (patch.empty()) return "";
  const nlohmann::json::json_pointer place(patch.front().at("path").get<std::string>());
  const auto shown = [&place](const nlohmann::json& json) {
    return json.contains(place) ? json.at(place).dump() : std::string("not given");
  };
  std::string name = place.to_string().substr(1);
  std::ranges::replace(name, '/', '.');
  return fmt::format("{}: {} became {}", name, shown(before), shown(now));
}

}  // namespace

std::string Trial::title() const {
  return fmt::format("{}, {}, seed {}", model->name, part->name, seed);
}

std::string Trial::slug() const {
  return fmt::format("{}.{}.seed-{}", file_name(model->name), file_name(part->name), seed);
}

nlohmann::json Trial::names() const {
  return {{"model", model->name}, {"part", part->name}, {"seed", seed}};
}

nlohmann::json Trial::identity(const std::string& store_hash) const {
  return {{"version", kResultVersion},
          {"store", store_hash},
          {"part", to_json(*part)},
          {"model", model->as_given},
          {"seed", seed}};
}

std::vector<Trial> expand(const Recipe& recipe) {
  std::vector<Trial> trials;
  for (const PartSpec& part : recipe.parts) {
    for (const std::uint64_t seed : recipe.seeds) {
      for (const ModelSpec& model : recipe.models) {
        if (is_trained_on(model, part)) trials.push_back({&model, &part, seed});
      }
    }
  }
  return trials;
}

TrialFolder::TrialFolder(fs::path directory, std::string store_hash)
    : directory_(std::move(directory)), store_hash_(std::move(store_hash)) {
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error) throw core::InputError(fmt::format("{}: cannot be made: {}", directory_.string(), error.message()));
}

fs::path TrialFolder::file(const Trial& trial) const {
  const std::string hash = core::Sha256().add(trial.identity(store_hash_).dump()).hex();
  return directory_ / fmt::format("{}.{}.json", trial.slug(), hash.substr(0, kHashDigits));
}

bool TrialFolder::has(const Trial& trial) const {
  return fs::exists(file(trial));
}

nlohmann::json TrialFolder::read(const Trial& trial) const {
  const fs::path path = file(trial);
  nlohmann::json result = core::read_json(path);
  if (!result.is_object() || result.value("identity", nlohmann::json()) != trial.identity(store_hash_)) {
    throw core::InputError(
        fmt::format("{}: is not the result that its name says; remove it, and it is computed anew", path.string()));
  }
  // The file may have been written under the names of another recipe: they decide nothing.
  result.update(trial.names());
  return result;
}

void TrialFolder::write(const Trial& trial, nlohmann::json result) const {
  result["identity"] = trial.identity(store_hash_);
  core::write_json(file(trial), result);
}

std::string TrialFolder::change(const Trial& trial) const {
  const std::string prefix = trial.slug() + ".";
  for (const auto& entry : fs::directory_iterator(directory_)) {
    if (!entry.path().filename().string().starts_with(prefix) || entry.path().extension() != ".json") continue;
    const nlohmann::json earlier = core::read_json(entry.path());
    const nlohmann::json identity = earlier.is_object() ? earlier.value("identity", nlohmann::json()) : earlier;
    if (identity != trial.identity(store_hash_)) return first_difference(identity, trial.identity(store_hash_));
  }
  return "";
}

}  // namespace sctab::benchmark
