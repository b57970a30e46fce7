#include "print.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace sctab::cli {

void print_json(const nlohmann::json& value) {
  fmt::print("{}\n", value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace sctab::cli
