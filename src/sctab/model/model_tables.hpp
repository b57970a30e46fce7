#pragma once

#include <filesystem>
#include <vector>

#include "sctab/model/model_directory.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::model {

/// genes.tsv: gene_id, gene_symbol (may be empty), in model order.
void write_genes(const std::filesystem::path& path, const genes::GeneList& genes);
/// Throws InputError naming file and line where a line has not two fields, or an id is empty or repeated.
genes::GeneList read_genes(const std::filesystem::path& path);

/// cell_types.tsv: index (from 0), label, cell_type_ontology_term_id.
void write_cell_types(const std::filesystem::path& path, const std::vector<CellTypeLabel>& cell_types);
/// Throws InputError naming file and line where a line has not three fields, the index is not the line's, or an id is
/// repeated. It may be empty: the label is of no term.
std::vector<CellTypeLabel> read_cell_types(const std::filesystem::path& path);

}  // namespace sctab::model
