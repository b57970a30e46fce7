#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

namespace sctab::experiments {

/// A value of a TOML file and the line where it stands.
struct Setting {
  using List = std::vector<Setting>;
  using Table = std::map<std::string, Setting, std::less<>>;
  std::variant<bool, std::int64_t, double, std::string, List, Table> value;
  std::int64_t line = 0;

  [[nodiscard]] bool is_table() const { return std::holds_alternative<Table>(value); }
};

/// The file as a table. Throws InputError naming file and line where it is not TOML or holds a date or time, which no
/// recipe needs.
Setting read_toml(const std::filesystem::path& path);

/// Replaces values of `base` by those of `over`, key by key and table by table; lists are replaced whole.
void override_with(Setting& base, const Setting& over);

nlohmann::json to_json(const Setting& setting);

}  // namespace sctab::experiments
