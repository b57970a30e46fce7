#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sctab/ontology/term.hpp"

namespace sctab::ontology {

/// Reads OBO-graphs json ({"graphs": [{"nodes", "edges", "meta"}]}) as ROBOT writes it: class nodes with a CL id and
/// the is_a edges among them; of several graphs, all. Throws InputError naming `source` and the node's or edge's place.
TermList parse_obo_graphs(const nlohmann::json& json, std::string source);

}  // namespace sctab::ontology
