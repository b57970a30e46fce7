#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

namespace sctab::experiments {

/// A value of a TOML file and its line.
struct Setting {
  using List = std::vector<Setting>;
  using Table = std::map<std::string, Setting, std::less<>>;
  std::variant<bool, std::int64_t, double, std::string, List, Table> value;
  std::int64_t line = 0;

  [[nodiscard]] bool is_table() const { return std::holds_alternative<Table>(value); }
};

/// The file as a table. Throws InputError with file and line if it is not TOML or has a date or time, which recipes do
/// not use.
Setting read_toml(const std::filesystem::path& path);

/// Replaces values of `base` with those of `over`, key by key and table by table; lists are replaced as a whole.
void override_with(Setting& base, const Setting& over);

nlohmann::json to_json(const Setting& setting);

}  // namespace sctab::experiments
