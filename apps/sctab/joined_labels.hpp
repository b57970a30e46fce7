#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "sctab/published/label_join.hpp"

namespace sctab::cli {

/// How published labels found their terms: how many by what, then those without one and those with another name now.
void print_labels(const std::vector<published::JoinedLabel>& labels);
nlohmann::json labels_json(const std::vector<published::JoinedLabel>& labels);

}  // namespace sctab::cli
