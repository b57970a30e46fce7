#include "lab/experiments/settings_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "sctab/core/index.hpp"

namespace sctab::experiments {
namespace {

constexpr std::size_t kLongestShown = 60;  // characters of a value in a message

std::string shown(const Setting& setting) {
  std::string text = to_json(setting).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > kLongestShown) text = text.substr(0, kLongestShown) + "…";
  return text;
}

}  // namespace

SettingsReader::SettingsReader(std::string source, std::string name, const Setting& setting)
    : source_(std::move(source)), name_(std::move(name)), setting_(&setting) {
  if (setting.is_table()) return;
  throw core::InputError(
      {.file = source_, .line = setting.line, .key = name_, .found = shown(setting), .expected = "a table"});
}

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

void SettingsReader::mistaken(std::string_view key, const Setting& found, std::string expected) const {
  refuse(key, {.found = shown(found), .expected = std::move(expected)});
}

bool SettingsReader::take(std::string_view key, bool& value) {
  const Setting* found = find(key);
  if (found == nullptr) return false;
  const bool* given = std::get_if<bool>(&found->value);
  if (given == nullptr) mistaken(key, *found, "true or false");
  value = *given;
  return true;
}

bool SettingsReader::take(std::string_view key, std::int64_t& value) {
  const Setting* found = find(key);
  if (found == nullptr) return false;
  const auto* given = std::get_if<std::int64_t>(&found->value);
  if (given == nullptr) mistaken(key, *found, "a whole number");
  value = *given;
  return true;
}

bool SettingsReader::take(std::string_view key, int& value) {
  std::int64_t given = 0;
  if (!take(key, given)) return false;
  if (!std::in_range<int>(given)) mistaken(key, {given, 0}, "a smaller whole number");
  value = static_cast<int>(given);
  return true;
}

bool SettingsReader::take(std::string_view key, std::uint64_t& value) {
  std::int64_t given = 0;
  if (!take(key, given)) return false;
  if (given < 0) mistaken(key, {given, 0}, "a whole number of 0 or more");
  value = static_cast<std::uint64_t>(given);
  return true;
}

bool SettingsReader::take(std::string_view key, double& value) {
  const Setting* found = find(key);
  if (found == nullptr) return false;
  if (const auto* whole = std::get_if<std::int64_t>(&found->value)) {
    value = static_cast<double>(*whole);
    return true;
  }
  const auto* given = std::get_if<double>(&found->value);
  if (given == nullptr) mistaken(key, *found, "a number");
  value = *given;
  return true;
}

bool SettingsReader::take(std::string_view key, std::string& value) {
  const Setting* found = find(key);
  if (found == nullptr) return false;
  const auto* given = std::get_if<std::string>(&found->value);
  if (given == nullptr) mistaken(key, *found, "a string in quotes");
  value = *given;
  return true;
}

bool SettingsReader::take(std::string_view key, std::vector<std::string>& value) {
  const Setting* found = find(key);
  if (found == nullptr) return false;
  constexpr const char* kExpected = "a list of strings in quotes";
  const auto* list = std::get_if<Setting::List>(&found->value);
  if (list == nullptr) mistaken(key, *found, kExpected);
  value.clear();
  for (const Setting& entry : *list) {
    const auto* text = std::get_if<std::string>(&entry.value);
    if (text == nullptr) mistaken(key, *found, kExpected);
    value.push_back(*text);
  }
  return true;
}

bool SettingsReader::take(std::string_view key, std::vector<std::uint64_t>& value) {
  const Setting* found = find(key);
  if (found == nullptr) return false;
  constexpr const char* kExpected = "a list of whole numbers of 0 or more";
  const auto* list = std::get_if<Setting::List>(&found->value);
  if (list == nullptr) mistaken(key, *found, kExpected);
  value.clear();
  for (const Setting& entry : *list) {
    const auto* number = std::get_if<std::int64_t>(&entry.value);
    if (number == nullptr || *number < 0) mistaken(key, *found, kExpected);
    value.push_back(static_cast<std::uint64_t>(*number));
  }
  return true;
}

bool SettingsReader::take_choice(std::string_view key, std::string& value, const std::vector<std::string>& choices) {
  if (!take(key, value)) return false;
  if (std::ranges::find(choices, value) == choices.end()) {
    mistaken(key, {value, 0}, fmt::format("one of {}", fmt::join(choices, ", ")));
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
  if (list == nullptr) mistaken(key, *found, "a list of tables");
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
