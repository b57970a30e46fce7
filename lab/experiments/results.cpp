#include "lab/experiments/results.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>

#include "sctab/core/numbers.hpp"

namespace sctab::experiments {
namespace {

using nlohmann::json;

double number_at(const json& object, std::string_view key) {
  const auto found = object.find(key);
  const bool is_number = found != object.end() && found->is_number();
  return is_number ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

const json& part_of(const json& trial, const char* key) {
  static const json kNone = json::object();
  const auto found = trial.find(key);
  return found == trial.end() ? kNone : *found;
}

double of_type(const json& trial, std::string_view label) {
  for (const json& type : part_of(trial, "per_type")) {
    if (type.at("label") == label) return number_at(type, "f1");
  }
  return std::numeric_limits<double>::quiet_NaN();
}

double of_members(const json& trial, std::string_view measure, std::string_view number) {
  std::int64_t members = 0;
  std::from_chars(number.data(), number.data() + number.size(), members);
  for (const json& one : part_of(trial, "members")) {
    if (one.at("members") == members) return number_at(one, measure);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double measured(const json& trial, std::string_view measure) {
  constexpr std::string_view kTissue = "tissue:", kType = "type:";
  if (measure.starts_with(kTissue)) return number_at(part_of(trial, "per_tissue"), measure.substr(kTissue.size()));
  if (measure.starts_with(kType)) return of_type(trial, measure.substr(kType.size()));
  const std::size_t at = measure.find('@');
  if (at != std::string_view::npos) return of_members(trial, measure.substr(0, at), measure.substr(at + 1));
  return number_at(part_of(trial, "measures"), measure);
}

std::vector<const json*> Results::of(std::string_view model, std::string_view part) const {
  std::vector<const json*> found;
  for (const std::uint64_t seed : recipe_.seeds) {
    for (const json& trial : trials_) {
      if (trial.at("model") == model && trial.at("part") == part && trial.at("seed") == seed) found.push_back(&trial);
    }
  }
  return found;
}

std::vector<double> Results::values(std::string_view model, std::string_view part, std::string_view measure) const {
  std::vector<double> values;
  for (const json* trial : of(model, part)) {
    const double value = measured(*trial, measure);
    if (std::isfinite(value)) values.push_back(value);
  }
  return values;
}

std::map<std::uint64_t, double> Results::gains(const FindingSide& side) const {
  std::map<std::uint64_t, double> gains;
  for (const json* trial : of(side.model, side.part)) {
    gains[trial->at("seed").get<std::uint64_t>()] = measured(*trial, side.measure);
  }
  if (side.is_gain()) {
    std::map<std::uint64_t, double> base;
    for (const json* trial : of(side.base_model(), side.base_part())) {
      base[trial->at("seed").get<std::uint64_t>()] = measured(*trial, side.measure);
    }
    std::erase_if(gains, [&base](const auto& gain) { return base.count(gain.first) == 0; });
    for (auto& [seed, gain] : gains) gain -= base.at(seed);
  }
  std::erase_if(gains, [](const auto& gain) { return !std::isfinite(gain.second); });
  return gains;
}

std::vector<std::string> Results::measures() const {
  std::vector<std::string> names = {"macro_f1", "weighted_f1", "micro_f1", "macro_f1_uncorrected"};
  std::set<std::string> found;
  for (const json& trial : trials_) {
    for (const auto& [name, value] : part_of(trial, "measures").items()) {
      if (value.is_number()) found.insert(name);
    }
  }
  std::erase_if(names, [&found](const std::string& name) { return found.count(name) == 0; });
  for (const std::string& name : found) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

std::vector<std::string> lost_types(const Results& results) {
  constexpr std::size_t kMostNamed = 10;
  std::vector<std::string> lines;
  for (const PartSpec& part : results.recipe().parts) {
    std::map<std::vector<std::string>, std::set<std::uint64_t>> seeds_by_types;
    for (const json& trial : results.trials()) {
      if (trial.at("part") != part.name || !trial.contains("types_lost")) continue;
      const auto types = trial.at("types_lost").get<std::vector<std::string>>();
      if (!types.empty()) seeds_by_types[types].insert(trial.at("seed").get<std::uint64_t>());
    }
    for (const auto& [types, seeds] : seeds_by_types) {
      const auto n_named = std::min(types.size(), kMostNamed);
      lines.push_back(fmt::format("part '{}', seed{} {}: its training cells lack {} of the corpus: {}{}", part.name,
                                  seeds.size() == 1 ? "" : "s", fmt::join(seeds, ", "),
                                  core::plural(std::ssize(types), "type"),
                                  fmt::join(types.begin(), types.begin() + static_cast<std::ptrdiff_t>(n_named), ", "),
                                  types.size() > n_named ? fmt::format(" and {} more", types.size() - n_named) : ""));
    }
  }
  return lines;
}

std::vector<std::string> Results::tissues() const {
  std::set<std::string> found;
  for (const json& trial : trials_) {
    for (const auto& [name, value] : part_of(trial, "per_tissue").items()) found.insert(name);
  }
  return {found.begin(), found.end()};
}

}  // namespace sctab::experiments
