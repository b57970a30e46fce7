#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sctab/genes/genes.hpp"

namespace sctab::formats {

/// The genes of a `var` table, in the order of its rows: Parquet with the columns feature_id and, if there,
/// feature_name, as scTab's authors published it; or csv, as genes::read_gene_list() reads it. Throws InputError naming
/// file and row.
genes::GeneList read_gene_table(const std::filesystem::path& path);

/// A list of names in the order of their codes: for cell types, that of a network's outputs.
struct LabelTable {
  std::vector<std::string> labels;  // each once
  std::vector<std::string> ids;     // as written next to them; empty where the table has no such column
};

/// Reads categorical_lookup/<column>, as Parquet or csv: a column `label` (or `cell_type`), an index from 0 if there is
/// one, and if there is one cell_type_ontology_term_id. Throws InputError naming file and row.
LabelTable read_label_table(const std::filesystem::path& path);

}  // namespace sctab::formats
