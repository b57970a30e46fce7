#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sctab/store/store.hpp"

namespace sctab::corpus {

/// Cells, donors, types, tissues and datasets per split, per type and per tissue; the cells of each type by tissue.
nlohmann::json describe(const store::Store& store);
/// The same as a text for people.
std::string describe_text(const nlohmann::json& description);

}  // namespace sctab::corpus
