#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

namespace sctab::core {

/// Reads a JSON file. Throws InputError naming the file and, for bad JSON, the offset of the syntax error.
nlohmann::json read_json(const std::filesystem::path& path);

/// The number, or null for NaN, which JSON cannot represent.
nlohmann::json json_number(double value);

/// Writes it with an indent of 1, whole or not at all. Throws InputError naming the file.
void write_json(const std::filesystem::path& path, const nlohmann::json& value);

}  // namespace sctab::core
