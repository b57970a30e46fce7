#include "lab/experiments/settings_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sctab/core/alternatives.hpp"

namespace sctab::experiments {
namespace {

const nlohmann::json& require_table(const nlohmann::json& value, const core::Problem& place) {
  if (value.is_object()) return value;
  throw core::InputError({.found = value.dump(), .expected = "a table"}).within(place);
}

}  // namespace

bool take_overrides(TomlFile& file, const std::string& key, bool apply) {
  const auto found = file.value.find(key);
  if (found == file.value.end()) return false;
  const nlohmann::json over = std::move(*found);
  file.value.erase(found);
  if (!apply) return true;
  file.value.merge_patch(over);
  const std::string prefix = (nlohmann::json::json_pointer() / key).to_string();
  const std::map<std::string, std::int64_t> lines = file.lines;
  for (const auto& [place, line] : lines) {
    if (place == prefix || place.starts_with(prefix + "/")) file.lines[place.substr(prefix.size())] = line;
  }
  return true;
}

SettingsReader::SettingsReader(const TomlFile& file, std::string source, std::string name,
                               nlohmann::json::json_pointer at)
    : file_(file),
      source_(std::move(source)),
      name_(std::move(name)),
      at_(std::move(at)),
      table_(file.value.at(at_)),
      fields_(require_table(table_, {.file = source_, .line = line_of(at_), .key = name_}),
              {.file = source_, .key = name_}) {}

std::int64_t SettingsReader::line_of(const nlohmann::json::json_pointer& at) const {
  const auto found = file_.lines.find(at.to_string());
  return found == file_.lines.end() ? 0 : found->second;
}

core::Problem SettingsReader::where(std::string_view key) const {
  const std::string name(key);
  return {.file = source_,
          .line = line_of(table_.contains(name) ? at_ / name : at_),
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
    refuse(key, {.found = fmt::format("'{}'", value), .expected = core::alternatives(choices)});
  }
  return true;
}

std::optional<SettingsReader> SettingsReader::take_table(std::string_view key) {
  known_.emplace_back(key);
  if (!table_.contains(key)) return std::nullopt;
  const std::string name = name_.empty() ? fmt::format("[{}]", key) : fmt::format("{} {}", name_, key);
  return SettingsReader(file_, source_, name, at_ / std::string(key));
}

std::vector<SettingsReader> SettingsReader::take_tables(std::string_view key) {
  known_.emplace_back(key);
  const auto found = table_.find(key);
  if (found == table_.end()) return {};
  if (!found->is_array()) refuse(key, {.found = found->dump(), .expected = "a list of tables"});
  std::vector<SettingsReader> readers;
  for (std::size_t i = 0; i < found->size(); ++i) {
    readers.emplace_back(file_, source_, fmt::format("[[{}]]", key), at_ / std::string(key) / i);
  }
  return readers;
}

void SettingsReader::require_no_others() const {
  for (const auto& [key, value] : table_.items()) {
    if (std::ranges::find(known_, key) != known_.end()) continue;
    std::vector<std::string> known = known_;
    std::ranges::sort(known);
    refuse(key, {.found = "not a known key", .expected = core::alternatives(known)});
  }
}

}  // namespace sctab::experiments
