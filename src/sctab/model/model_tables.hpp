#pragma once

#include <filesystem>
#include <vector>

#include "sctab/model/model_directory.hpp"

namespace sctab::model {

/// cell_types.tsv: index (from 0), label, cell_type_ontology_term_id.
void write_cell_types(const std::filesystem::path& path, const std::vector<CellTypeLabel>& cell_types);
/// Throws InputError naming file and line if the header is another, a row does not have three fields, the index is not
/// the row's, or an id is repeated. Ids may be empty: not every label has a term.
std::vector<CellTypeLabel> read_cell_types(const std::filesystem::path& path);

}  // namespace sctab::model
