#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"

namespace sctab::experiments {

/// A TOML file as JSON, and the line of each of its values.
struct TomlFile {
  nlohmann::json value;                       // a table
  std::map<std::string, std::int64_t> lines;  // by JSON pointer: "/corpus/min_cells"
};

/// Throws InputError with file and line if it is not TOML or has a date or time, which recipes do not use.
TomlFile read_toml(const std::filesystem::path& path);

/// Takes the table `key` out of the file. If `apply` is set, its values replace those of the rest, key by key and table
/// by table; lists are replaced as a whole. Returns whether there was one.
bool take_overrides(TomlFile& file, const std::string& key, bool apply);

/// Takes values out of a table of a recipe and remembers which keys were asked for. Every InputError has file, line and
/// key, what was found and what was expected.
class SettingsReader {
 public:
  /// name: the table's, for messages: "[corpus]", "[[model]]". at: its place in `file`, which outlives this reader.
  /// Throws InputError if it is not a table.
  SettingsReader(const TomlFile& file, std::string source, std::string name = "",
                 nlohmann::json::json_pointer at = nlohmann::json::json_pointer());

  /// Sets the value and returns true if the key is given. Throws InputError if it is given with another type. T: see
  /// JsonFields::get().
  template <typename T>
  bool take(std::string_view key, T& value) {
    known_.emplace_back(key);
    try {
      const std::optional<T> given = fields_.find<T>(key);
      if (given) value = *given;
      return given.has_value();
    } catch (const core::InputError& error) {
      refuse(key, {.found = error.problem().found, .expected = error.problem().expected});
    }
  }
  template <typename T>
  bool take(std::string_view key, std::optional<T>& value) {
    T given{};
    if (!take(key, given)) return false;
    value = given;
    return true;
  }
  /// take() that throws InputError if the key is missing.
  template <typename T>
  void require(std::string_view key, T& value) {
    if (!take(key, value)) missing(key);
  }
  /// A string that is one of `choices`.
  bool take_choice(std::string_view key, std::string& value, const std::vector<std::string>& choices);
  /// take_choice() that throws InputError if the key is missing.
  void require_choice(std::string_view key, std::string& value, const std::vector<std::string>& choices) {
    if (!take_choice(key, value, choices)) missing(key);
  }
  /// The table of that name, if it is given.
  std::optional<SettingsReader> take_table(std::string_view key);
  /// The tables of a list; empty if it is not given.
  std::vector<SettingsReader> take_tables(std::string_view key);

  /// Call last: throws InputError for the first key that was not asked for.
  void require_no_others() const;

  /// The place of a key: file, line and key ("[corpus] min_cells"). The line is the table's if the key is not given.
  [[nodiscard]] core::Problem where(std::string_view key) const;
  /// Throws `problem`, which lacks the place, for this key.
  [[noreturn]] void refuse(std::string_view key, core::Problem problem) const;
  [[nodiscard]] const nlohmann::json& table() const { return table_; }

 private:
  [[nodiscard]] std::int64_t line_of(const nlohmann::json::json_pointer& at) const;
  [[noreturn]] void missing(std::string_view key) const;

  const TomlFile& file_;
  std::string source_, name_;
  nlohmann::json::json_pointer at_;
  const nlohmann::json& table_;
  core::JsonFields fields_;  // reads table_
  std::vector<std::string> known_;
};

}  // namespace sctab::experiments
