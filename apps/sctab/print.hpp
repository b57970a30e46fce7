#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace sctab::cli {

/// A table on standard output: the first column to the left, all others to the right, two spaces between.
void print_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

/// Indented, and a line break after it, on standard output. Bytes that are no UTF-8 become U+FFFD.
void print_json(const nlohmann::json& value);

}  // namespace sctab::cli
