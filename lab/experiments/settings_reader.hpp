#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/experiments/setting.hpp"

namespace sctab::experiments {

/// Takes values out of a table of a recipe, and knows which keys were asked for. Every complaint is an InputError that
/// names file, line and key, what was found and what was expected.
class SettingsReader {
 public:
  /// name: of the table, for messages: "[corpus]", "[[model]]". setting: a table; outlives this.
  SettingsReader(std::string source, std::string name, const Setting& setting);

  /// Sets the value where the key is given; false where it is not.
  bool take(std::string_view key, bool& value);
  bool take(std::string_view key, std::int64_t& value);
  bool take(std::string_view key, int& value);
  bool take(std::string_view key, std::uint64_t& value);
  bool take(std::string_view key, double& value);  // whole numbers too
  bool take(std::string_view key, std::string& value);
  bool take(std::string_view key, std::vector<std::string>& value);
  bool take(std::string_view key, std::vector<std::uint64_t>& value);
  template <typename T>
  bool take(std::string_view key, std::optional<T>& value) {
    T given{};
    if (!take(key, given)) return false;
    value = given;
    return true;
  }
  /// As take(); throws where the key is missing.
  template <typename T>
  void require(std::string_view key, T& value) {
    if (!take(key, value)) missing(key);
  }
  /// A text that is one of `choices`.
  bool take_choice(std::string_view key, std::string& value, const std::vector<std::string>& choices);
  /// As take_choice(); throws where the key is missing.
  void require_choice(std::string_view key, std::string& value, const std::vector<std::string>& choices) {
    if (!take_choice(key, value, choices)) missing(key);
  }
  /// The table of that name; nothing where it is not given.
  std::optional<SettingsReader> take_table(std::string_view key);
  /// The tables of a list of them.
  std::vector<SettingsReader> take_tables(std::string_view key);

  /// To be called last: throws for the first key that was not asked for.
  void require_no_others() const;

  /// "recipe.toml, line 7: [corpus] min_cells"
  [[nodiscard]] std::string where(std::string_view key) const;
  [[nodiscard]] const Setting& setting() const { return *setting_; }

 private:
  const Setting* find(std::string_view key);
  [[noreturn]] void missing(std::string_view key) const;
  [[noreturn]] void mistaken(std::string_view key, const Setting& found, std::string_view expected) const;

  std::string source_, name_;
  const Setting* setting_;
  std::vector<std::string> known_;
};

}  // namespace sctab::experiments
