#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sctab::published {

/// A published list of cell types, in the order of the network's outputs.
struct LabelTable {
  std::vector<std::string> labels;  // each once
  std::vector<std::string> ids;     // as written beside them; empty where the table has no such column
};

/// Reads categorical_lookup/cell_type as csv: a column `label` (or `cell_type`), an index from 0 if there is one, and
/// if there is one cell_type_ontology_term_id. Throws InputError naming file and row.
LabelTable read_label_table(const std::filesystem::path& path);

}  // namespace sctab::published
