#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/experiments/setting.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"

namespace sctab::experiments {

/// Takes values out of a table of a recipe and remembers which keys were asked for. Every InputError has file, line and
/// key, what was found and what was expected.
class SettingsReader {
 public:
  /// name: the table's, for messages: "[corpus]", "[[model]]". setting: a table that outlives this reader. Throws
  /// InputError if it is not a table.
  SettingsReader(std::string source, std::string name, const Setting& setting);

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
  /// As take(), but throws InputError if the key is missing.
  template <typename T>
  void require(std::string_view key, T& value) {
    if (!take(key, value)) missing(key);
  }
  /// A string that is one of `choices`.
  bool take_choice(std::string_view key, std::string& value, const std::vector<std::string>& choices);
  /// As take_choice(), but throws InputError if the key is missing.
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
  [[nodiscard]] const Setting& setting() const { return *setting_; }

 private:
  const Setting* find(std::string_view key);
  [[noreturn]] void missing(std::string_view key) const;

  std::string source_, name_;
  const Setting* setting_;
  std::shared_ptr<const nlohmann::json> json_;  // the setting's
  core::JsonFields fields_;                     // of json_
  std::vector<std::string> known_;
};

}  // namespace sctab::experiments
