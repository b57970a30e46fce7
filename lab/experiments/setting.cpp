#include "lab/experiments/setting.hpp"

#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"

namespace sctab::experiments {

void override_with(Setting& base, const Setting& over) {
  if (!base.is_table() || !over.is_table()) {
    base = over;
    return;
  }
  auto& table = std::get<Setting::Table>(base.value);
  for (const auto& [key, setting] : std::get<Setting::Table>(over.value)) {
    const auto [found, is_new] = table.try_emplace(key, setting);
    if (!is_new) override_with(found->second, setting);
  }
}

nlohmann::json to_json(const Setting& setting) {
  return std::visit(
      [](const auto& value) -> nlohmann::json {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, Setting::List>) {
          auto json = nlohmann::json::array();
          for (const Setting& entry : value) json.push_back(to_json(entry));
          return json;
        } else if constexpr (std::is_same_v<Value, Setting::Table>) {
          auto json = nlohmann::json::object();
          for (const auto& [key, entry] : value) json[key] = to_json(entry);
          return json;
        } else {
          return value;
        }
      },
      setting.value);
}

}  // namespace sctab::experiments
