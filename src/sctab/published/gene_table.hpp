#pragma once

#include <filesystem>

#include "sctab/genes/genes.hpp"

namespace sctab::published {

/// The genes of var, in the order of X and of a network's inputs: Parquet with columns feature_id and, if there,
/// feature_name, as published; or csv, as genes::read_gene_list() reads it. Throws InputError naming file and row.
genes::GeneList read_gene_table(const std::filesystem::path& path);

}  // namespace sctab::published
