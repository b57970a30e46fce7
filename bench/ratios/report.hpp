#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "settings.hpp"

namespace sctab::bench {

/// The machine at the start: processor, processors, load_average (of one minute), free of our own work, and the two
/// variables that sctab sets for its libraries.
nlohmann::json describe_machine();

/// What the issue asks for and how near we are: adds "goals" to the results.
void judge(nlohmann::json& results);

/// The table for people, from the results alone.
std::string table_of(const Settings& settings, const nlohmann::json& results, const std::vector<std::string>& commands);

}  // namespace sctab::bench
