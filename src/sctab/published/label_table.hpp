#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sctab::published {

/// A published list of names, in the order of their codes: of cell types, a network's outputs.
struct LabelTable {
  std::vector<std::string> labels;  // each once
  std::vector<std::string> ids;     // as written beside them; empty where the table has no such column
};

/// Reads categorical_lookup/<column>, as Parquet or csv: a column `label` (or `cell_type`), an index from 0 if there is
/// one, and if there is one cell_type_ontology_term_id. Throws InputError naming file and row.
LabelTable read_label_table(const std::filesystem::path& path);

}  // namespace sctab::published
