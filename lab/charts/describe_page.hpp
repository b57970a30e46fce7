#pragma once

#include <nlohmann/json_fwd.hpp>

#include "lab/charts/page.hpp"

namespace sctab::charts {

/// The result of describe() as a page: the treemap of the paper's figure 1a (cells of each tissue and type), the
/// scatter of its figure 2a (donors and cells of each type), what curation removed, and tables.
Page describe_page(const nlohmann::json& description);

}  // namespace sctab::charts
