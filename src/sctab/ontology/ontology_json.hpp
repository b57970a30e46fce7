#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sctab/ontology/term.hpp"

namespace sctab::ontology {

/// Reads our ontology.json, {"format": "sctab-ontology", "format_version": 1, "version", "terms": […]}, or OBO-graphs
/// json, {"graphs": […]}, telling them apart by their keys. Throws InputError naming `source` and the term's position.
TermList parse_ontology_json(const nlohmann::json& json, std::string source);

/// One term of ontology.json; empty lists and "obsolete": false are left out.
nlohmann::json term_to_json(const Term& term);

}  // namespace sctab::ontology
