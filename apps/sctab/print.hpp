#pragma once

#include <nlohmann/json_fwd.hpp>

namespace sctab::cli {

/// Indented, with a line break at the end, on standard output. Bytes that are not UTF-8 become U+FFFD.
void print_json(const nlohmann::json& value);

}  // namespace sctab::cli
