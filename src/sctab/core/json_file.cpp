#include "sctab/core/json_file.hpp"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::core {

nlohmann::json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw InputError({.file = path.string(), .found = "no such file, or it cannot be read"});
  try {
    return nlohmann::json::parse(file);
  } catch (const nlohmann::json::out_of_range&) {
    throw InputError({.file = path.string(),
                      .found = "has a number that is too large for JSON",
                      .next_step = "check that it is the right file; it may be damaged"});
  } catch (const nlohmann::json::parse_error& error) {
    throw InputError({.file = path.string(),
                      .found = fmt::format("is not JSON: a syntax error at byte {}", error.byte),
                      .next_step = "check that it is the right file; it may be damaged"});
  }
}

nlohmann::json json_number(double value) {
  return std::isnan(value) ? nlohmann::json() : nlohmann::json(value);
}

void write_json(const std::filesystem::path& path, const nlohmann::json& value) {
  write_file_atomically(path, value.dump(1) + "\n");
}

}  // namespace sctab::core
