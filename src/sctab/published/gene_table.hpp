#pragma once

#include <filesystem>

#include "sctab/sparse/genes.hpp"

namespace sctab::published {

/// The genes of var, in the order of X and of a network's inputs: Parquet with columns feature_id and, if there,
/// feature_name, as published; or csv, as sparse::read_gene_list() reads it. Throws InputError naming file and row.
sparse::GeneList read_gene_table(const std::filesystem::path& path);

}  // namespace sctab::published
