#include "lab/experiments/settings_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace sctab::experiments {
namespace {

const Setting& require_table(const std::string& source, const std::string& name, const Setting& setting) {
  if (setting.is_table()) return setting;
  throw core::InputError(
      {.file = source, .line = setting.line, .key = name, .found = to_json(setting).dump(), .expected = "a table"});
}

}  // namespace

SettingsReader::SettingsReader(std::string source, std::string name, const Setting& setting)
    : source_(std::move(source)),
      name_(std::move(name)),
      setting_(&require_table(source_, name_, setting)),
      json_(std::make_shared<const nlohmann::json>(to_json(setting))),
      fields_(*json_, {.file = source_, .key = name_}) {}

const Setting* SettingsReader::find(std::string_view key) {
  known_.emplace_back(key);
  const auto& table = std::get<Setting::Table>(setting_->value);
  const auto found = table.find(key);
  return found == table.end() ? nullptr : &found->second;
}

core::Problem SettingsReader::where(std::string_view key) const {
  const auto& table = std::get<Setting::Table>(setting_->value);
  const auto found = table.find(key);
  return {.file = source_,
          .line = found == table.end() ? setting_->line : found->second.line,
          .key = fmt::format("{}{}{}", name_, name_.empty() ? "" : " ", key)};
}

void SettingsReader::refuse(std::string_view key, core::Problem problem) const {
  throw core::InputError(std::move(problem)).within(where(key));
}

void SettingsReader::missing(std::string_view key) const {
  refuse(key, {.found = "missing", .next_step = "add it"});
}

bool SettingsReader::take_choice(std::string_view key, std::string& value, const std::vector<std::string>& choices) {
  if (!take(key, value)) return false;
  if (std::ranges::find(choices, value) == choices.end()) {
    refuse(key, {.found = fmt::format("'{}'", value), .expected = fmt::format("one of {}", fmt::join(choices, ", "))});
  }
  return true;
}

std::optional<SettingsReader> SettingsReader::take_table(std::string_view key) {
  const Setting* found = find(key);
  if (found == nullptr) return std::nullopt;
  const std::string name = name_.empty() ? fmt::format("[{}]", key) : fmt::format("{} {}", name_, key);
  return SettingsReader(source_, name, *found);
}

std::vector<SettingsReader> SettingsReader::take_tables(std::string_view key) {
  const Setting* found = find(key);
  if (found == nullptr) return {};
  const auto* list = std::get_if<Setting::List>(&found->value);
  if (list == nullptr) refuse(key, {.found = to_json(*found).dump(), .expected = "a list of tables"});
  std::vector<SettingsReader> readers;
  for (const Setting& entry : *list) readers.emplace_back(source_, fmt::format("[[{}]]", key), entry);
  return readers;
}

void SettingsReader::require_no_others() const {
  for (const auto& [key, setting] : std::get<Setting::Table>(setting_->value)) {
    if (std::ranges::find(known_, key) != known_.end()) continue;
    std::vector<std::string> known = known_;
    std::ranges::sort(known);
    refuse(key, {.found = "not a known key", .expected = fmt::format("one of {}", fmt::join(known, ", "))});
  }
}

}  // namespace sctab::experiments
